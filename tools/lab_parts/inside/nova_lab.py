"""The lab's hypervisor: Nova's own fake one, with an identity, servers that survive a restart and snapshots that
upload. Runs inside nova-compute as `nova_lab.LabDriver`."""

import io
import os
import uuid

import nova.conf
from nova import context as nova_context
from nova import objects
from nova.compute import power_state, task_states
from nova.image import glance
from nova.virt import fake

CONF = nova.conf.CONF


class LabDriver(fake.FakeDriver):
    """One node named like its host; sizes from the environment."""

    vcpus = int(os.environ.get("LAB_HOST_VCPUS", "64"))
    memory_mb = int(os.environ.get("LAB_HOST_MEMORY_MB", "131072"))
    local_gb = int(os.environ.get("LAB_HOST_DISK_GB", "4000"))
    # Neutron binds on any host, so a resize may stay where it is: an AZ of one host allows nothing else.
    capabilities = dict(fake.FakeDriver.capabilities, supports_migrate_to_same_host=True)

    def __init__(self, virtapi, read_only=False):
        # The stock driver's node uuid changes with each process, and nova-compute refuses to run on another node.
        self._uuid = str(uuid.uuid5(uuid.NAMESPACE_DNS, CONF.host))
        identity = os.path.join(CONF.state_path, "compute_id")
        if not os.path.exists(identity):
            with open(identity, "w") as file:
                file.write(self._uuid)
        super().__init__(virtapi, read_only)

    def init_host(self, host):
        super().init_host(host)
        # What ran before we went down still runs, as on a machine whose nova-compute alone was restarted.
        admin = nova_context.get_admin_context()
        for instance in objects.InstanceList.get_by_host(admin, host, expected_attrs=["flavor"]):
            if instance.vm_state in ("building", "error", "deleted", "shelved", "shelved_offloaded"):
                continue
            state = instance.power_state or power_state.RUNNING
            self.instances[instance.uuid] = fake.FakeInstance(instance.name, state, instance.uuid)
            flavor = instance.flavor
            self.resources.claim(flavor.vcpus, flavor.memory_mb, flavor.root_gb)

    def get_available_resource(self, nodename):
        status = super().get_available_resource(nodename)
        if status:
            status["uuid"] = self._uuid
        return status

    def get_nodenames_by_uuid(self, refresh=False):
        return {self._uuid: name for name in self.get_available_nodes()}

    def _set_state(self, instance, state):
        if instance.uuid in self.instances:
            self.instances[instance.uuid].state = state

    def pause(self, instance):
        self._set_state(instance, power_state.PAUSED)

    def unpause(self, instance):
        self._set_state(instance, power_state.RUNNING)

    def suspend(self, context, instance):
        self._set_state(instance, power_state.SHUTDOWN)

    def resume(self, context, instance, *args, **kwargs):
        self._set_state(instance, power_state.RUNNING)

    def snapshot(self, context, instance, image_id, update_task_state):
        """Upload a few KB under the image Nova has reserved; the stock driver leaves it queued for ever."""
        update_task_state(task_state=task_states.IMAGE_PENDING_UPLOAD)
        api = glance.API()
        image = api.get(context, image_id)
        meta = {
            "name": image["name"], "status": "active", "disk_format": "raw", "container_format": "bare",
            "properties": {
                "kernel_id": instance.kernel_id, "ramdisk_id": instance.ramdisk_id,
                "image_location": "snapshot", "image_state": "available", "owner_id": instance.project_id,
            },
        }
        update_task_state(task_state=task_states.IMAGE_UPLOADING,
                          expected_state=task_states.IMAGE_PENDING_UPLOAD)
        content = b"snapshot of " + instance.uuid.encode() + b"\n" * 4096
        api.update(context, image_id, meta, data=io.BytesIO(content))
