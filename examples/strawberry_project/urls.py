"""The admin, where one logs in, the shop's own schema, and the service as it comes."""

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.csrf import csrf_protect
from schema import schema
from strawberry.django.views import GraphQLView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("graphql/", csrf_protect(GraphQLView.as_view(schema=schema, allow_queries_via_get=True))),
    path("results/", include("graphql_api.urls")),
]
