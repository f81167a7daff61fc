"""Files of forms are spooled to disk: wherever intake's own file system is read-only, it has a place for them."""

from pathlib import Path

import yaml

from services.intake.api.attachments import FORM
from services.intake.files.settings import FileSettings


def test_intake_has_a_place_to_spool_files_although_its_file_system_is_read_only() -> None:
    documents = yaml.safe_load_all(Path("deploy/k8s/services.yaml").read_text())
    intake = next(one for one in documents if one["kind"] == "Deployment" and one["metadata"]["name"] == "intake")
    pod = intake["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}

    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert mounts["/tmp"] in {volume["name"] for volume in pod["volumes"] if "emptyDir" in volume}


def test_the_proxy_before_us_lets_the_largest_form_through() -> None:
    documents = yaml.safe_load_all(Path("deploy/k8s/services.yaml").read_text())
    ingress = next(one for one in documents if one["kind"] == "Ingress")

    let_through = ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"]

    assert int(let_through.removesuffix("m")) * 1024 * 1024 >= FileSettings().most + FORM
