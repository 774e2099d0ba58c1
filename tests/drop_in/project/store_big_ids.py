"""Store a task beyond the last 32-bit id, read it back, and delete it."""

from django_setup import app
from warehouse.models import OwnedTaskResult

from django_celery_results.models import TaskResult

TaskResult.objects.create(id=3_000_000_000, task_id="big")
owned = OwnedTaskResult.objects.create(id=3_000_000_001, task_id="owned-big", owner="ann")
app.backend.store_result("owned-big", 1, "SUCCESS")
row = OwnedTaskResult.objects.get(pk=owned.pk)
print(row.pk, row.status, row.owner)
TaskResult.objects.filter(task_id__endswith="big").delete()
