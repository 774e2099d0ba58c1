"""The admin, where one logs in, the shop's own schema, and the service as it comes."""

from django.contrib import admin
from django.urls import include, path
from graphene_django.views import GraphQLView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("graphql/", GraphQLView.as_view()),
    path("results/", include("graphql_api.urls")),
]
