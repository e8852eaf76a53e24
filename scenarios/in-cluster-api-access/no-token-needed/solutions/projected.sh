# @{program} mounts a token of its own making, and needs no automatic one.
kubectl patch serviceaccount @{account} -n @{namespace} -p '{"automountServiceAccountToken":false}'
kubectl patch deployment @{front} -n @{namespace} -p '{"spec":{"template":{"spec":{"automountServiceAccountToken":false}}}}'
kubectl patch deployment @{program} -n @{namespace} -p '{"spec":{"template":{"spec":{
  "volumes":[{"name":"api","projected":{"sources":[
    {"serviceAccountToken":{"path":"token","expirationSeconds":3600}},
    {"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},
    {"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"fieldPath":"metadata.namespace"}}]}}]}}],
  "containers":[{"name":"@{program}","volumeMounts":[{"name":"api","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","readOnly":true}]}]}}}}'
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
kubectl rollout status deployment @{front} -n @{namespace} --timeout=60s
