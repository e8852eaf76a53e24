import { nodeRelease } from '../../node-facts.ts';
import { layOut, pathEnv } from './layouts.ts';
import { systemOf } from './systems.ts';
import { pattern } from './tags.ts';
import type { ImageFamily } from './types.ts';

const system = systemOf(nodeRelease);

/** What is on a node's disk: the image of kind's nodes. */
export const nodeSystem: ImageFamily = {
  repository: 'docker.io/kindest/node',
  about: "a node's own files: kubelet, crictl, kubectl, systemd",
  tags: pattern(/^v1\.(2[8-9]|3[0-6])\.\d{1,2}$/, ['v1.28.0 to v1.36']),
  content: () => ({
    ...{ system, sizeBytes: 1_030_000_000, entrypoint: ['/usr/local/bin/entrypoint', '/sbin/init'], env: pathEnv },
    files: (tree) => {
      layOut(tree, system);
      tree.programs('/usr/bin', ['curl', 'free', 'kill', 'less', 'pgrep', 'pkill', 'ps', 'top', 'uptime', 'watch']);
      tree.programs('/usr/bin', ['ip', 'kubectl', 'netstat', 'openssl', 'ping', 'ss', 'systemctl', 'journalctl']);
      // As the control-plane nodes of the exam have them.
      tree.programs('/usr/local/bin', ['etcdctl', 'etcdutl']);
      tree.program('/usr/local/bin/crictl', 'crictl').program('/usr/local/bin/entrypoint', 'init');
      tree.program('/usr/bin/kubelet', 'kubelet').program('/usr/lib/systemd/systemd', 'init');
      tree.link('/usr/sbin/init', '/usr/lib/systemd/systemd');
      for (const name of ['vi', 'view', 'vim']) tree.program(`/usr/bin/${name}`, 'vi');
      tree.dir('/run/systemd/system').dir('/etc/kubernetes').dir('/etc/systemd/system').dir('/var/lib/kubelet');
      tree.dir('/var/log/containers').dir('/var/log/pods').dir('/var/lib/containerd').dir('/opt/cni/bin');
      tree.file('/etc/crictl.yaml', 'runtime-endpoint: unix:///run/containerd/containerd.sock\n');
    },
  }),
};
