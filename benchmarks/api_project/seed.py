"""Fills the table with N tasks, in groups of 20 as far as they go. Argument: number of tasks."""

import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

number = int(sys.argv[1])
call_command("migrate", verbosity=0)
with connection.cursor() as cursor:
    cursor.execute("TRUNCATE django_celery_results_taskresult, django_celery_results_groupresult RESTART IDENTITY")
    cursor.execute(
        """INSERT INTO django_celery_results_taskresult
           (task_id, status, content_type, content_encoding, result, task_name, worker, queue, retries, priority,
            periodic_task_name, group_id, date_created, date_started, date_done, meta)
           SELECT md5(n::text), CASE WHEN n %% 12 = 0 THEN 'FAILURE' ELSE 'SUCCESS' END, 'application/json', 'utf-8',
                  '"' || repeat('x', 100) || '"', 'proj.tasks.task_' || n %% 20,
                  'worker-' || n %% 4 || '@host', 'celery', n %% 3, NULL, NULL,
                  'group-' || n / 20, at, at + interval '20 ms', at + interval '50 ms',
                  '{"children": []}'
           FROM (SELECT n, now() - (%s - n) * interval '1 second' AS at FROM generate_series(1, %s) AS n) AS rows""",
        [number, number],
    )
    cursor.execute(
        """INSERT INTO django_celery_results_groupresult
           (group_id, content_type, content_encoding, result, date_created, date_done)
           SELECT group_id, 'application/json', 'utf-8',
                  '[["' || group_id || '", null], [' || string_agg('[["' || task_id || '", null], null]', ', ') || ']]',
                  min(date_created), max(date_done)
           FROM django_celery_results_taskresult GROUP BY group_id HAVING count(*) = 20 ORDER BY min(date_created)"""
    )
    cursor.execute("VACUUM ANALYZE")
