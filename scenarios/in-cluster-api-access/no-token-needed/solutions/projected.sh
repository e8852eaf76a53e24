# reporter mounts a token of its own making, and needs no automatic one.
kubectl patch serviceaccount shop -n @{namespace} -p '{"automountServiceAccountToken":false}'
kubectl patch deployment storefront -n @{namespace} -p '{"spec":{"template":{"spec":{"automountServiceAccountToken":false}}}}'
kubectl patch deployment reporter -n @{namespace} -p '{"spec":{"template":{"spec":{
  "volumes":[{"name":"api","projected":{"sources":[
    {"serviceAccountToken":{"path":"token","expirationSeconds":3600}},
    {"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},
    {"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"fieldPath":"metadata.namespace"}}]}}]}}],
  "containers":[{"name":"reporter","volumeMounts":[{"name":"api","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","readOnly":true}]}]}}}}'
kubectl rollout status deployment reporter -n @{namespace} --timeout=60s
kubectl rollout status deployment storefront -n @{namespace} --timeout=60s
