"""The enums of the schema, with descriptions."""

from __future__ import annotations

from graphql_api.enums import ENUMS

from .descriptions import enum

BulkOutcome = enum("BulkOutcome", ENUMS["BulkOutcome"])
ChordState = enum("ChordState", ENUMS["ChordState"])
ErrorCode = enum("ErrorCode", ENUMS["ErrorCode"])
GroupResultOrderField = enum("GroupResultOrderField", ENUMS["GroupResultOrderField"])
OperationState = enum("OperationState", ENUMS["OperationState"])
OrderDirection = enum("OrderDirection", ENUMS["OrderDirection"])
ParameterKind = enum("ParameterKind", ENUMS["ParameterKind"])
RetryScope = enum("RetryScope", ENUMS["RetryScope"])
TaskResultGroupBy = enum("TaskResultGroupBy", ENUMS["TaskResultGroupBy"])
TaskResultOrderField = enum("TaskResultOrderField", ENUMS["TaskResultOrderField"])
TaskResultTimeField = enum("TaskResultTimeField", ENUMS["TaskResultTimeField"])
TaskState = enum("TaskState", ENUMS["TaskState"])
TerminateSignal = enum("TerminateSignal", ENUMS["TerminateSignal"])
TimeBucketUnit = enum("TimeBucketUnit", ENUMS["TimeBucketUnit"])
