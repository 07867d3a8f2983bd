"""Compiles the pipeline into a package of Kubeflow Pipelines v2.

TFX's `KubeflowV2DagRunner` writes for a managed service; Kubeflow Pipelines itself runs only part
of that. The differences are mended here, in the specification, and in
`pipeline.runners.kubeflow_entrypoint`, which every container starts:

* Kubeflow has no resolver tasks, and no strategy of ours can ask its metadata. So the Evaluator's
  baseline is the version pushed last, which a container finds (`components.pushed_baseline`).
* It does not run the hook before the cache in which a file-based ExampleGen finds its span. So the
  container does that first, by the driver of our ExampleGen.
* The two tasks that look at the world, at the input folder and at the served versions, must not be
  answered from the cache: theirs is switched off.
* Nodes get the volume, the resources, the retries and the time limit of the configuration.
"""

from typing import Any, Final

import yaml
from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner

from pipeline.config import PipelineConfig
from pipeline.config.kubeflow import Resources
from pipeline.create import create_pipeline
from pipeline.nodes.data import INGEST
from pipeline.nodes.judging import BASELINE
from pipeline.runners.scheduled import check_kubeflow

ENTRYPOINT: Final = ("python", "-m", "pipeline.runners.kubeflow_entrypoint")
RESOLVE_SPAN_FLAG: Final = "--resolve_span"
_UNCACHED_TASKS: Final = (INGEST, BASELINE)


def compile_package(config: PipelineConfig) -> str:
    """Compiles the pipeline into a package as `kfp` and the web interface upload it.

    It is YAML with two documents, the `PipelineSpec` and the `PlatformSpec` for Kubernetes.

    Raises:
        UsageError: The configuration lacks the image, or names a folder, pipeline or node that
            Kubeflow cannot have.
    """
    check_kubeflow(config)
    schedule = config.schedule
    spec = _compile(config)
    for label, executor in spec["deploymentSpec"]["executors"].items():
        node_id = label.removesuffix("_executor")  # as TFX makes an executor's label
        _adapt_container(executor["container"], config.kubeflow.resources_of(node_id))
    for name, task in spec["root"]["dag"]["tasks"].items():
        if name in _UNCACHED_TASKS:
            task.pop("cachingOptions", None)
        task["retryPolicy"] = {
            "maxRetryCount": schedule.retries,
            "backoffDuration": f"{schedule.retry_minutes * 60:.0f}s",
            "backoffFactor": 2.0,
            "backoffMaxDuration": f"{schedule.max_retry_minutes * 60:.0f}s",
        }
    if config.kubeflow.pipeline_root is not None:
        spec["defaultPipelineRoot"] = config.kubeflow.pipeline_root
    platform = _platform_spec(config, list(spec["deploymentSpec"]["executors"]))
    package: str = yaml.safe_dump_all([spec, platform], sort_keys=True)
    return package


def _compile(config: PipelineConfig) -> dict[str, Any]:
    runner = kubeflow_v2_dag_runner.KubeflowV2DagRunner(
        kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
            default_image=config.kubeflow.image,
            default_commands=list(ENTRYPOINT),
            # Kubeflow refuses the older schema, whose parameters have no type.
            use_pipeline_spec_2_1=True,
        )
    )
    pipeline = create_pipeline(config, has_resolvers=False)
    compiled: dict[str, Any] = runner.run(pipeline, write_out=False)["pipelineSpec"]
    return compiled


def _adapt_container(container: dict[str, Any], resources: Resources) -> None:
    if container.pop("lifecycle", None):
        container["args"].insert(0, RESOLVE_SPAN_FLAG)
    container["resources"] = {
        "resourceCpuRequest": resources.cpu,
        "resourceCpuLimit": resources.cpu,
        "resourceMemoryRequest": resources.memory,
        "resourceMemoryLimit": resources.memory,
    }


def _platform_spec(config: PipelineConfig, labels: list[str]) -> dict[str, Any]:
    """Mounts the volume into every node and limits its time; the fields are kfp-kubernetes' own."""
    kubeflow = config.kubeflow
    executors = {
        label: {
            "pvcMount": [
                {
                    "mountPath": kubeflow.mount_path,
                    "pvcNameParameter": {"runtimeValue": {"constant": kubeflow.volume_claim}},
                    "constant": kubeflow.volume_claim,  # what older backends read
                }
            ],
            "activeDeadlineSeconds": str(round(config.schedule.node_timeout_minutes * 60)),
        }
        for label in labels
    }
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}
