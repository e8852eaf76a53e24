kubectl patch deployment @{front} -n @{namespace} -p '{"spec":{"template":{"spec":{
  "volumes":[{"name":"nothing","emptyDir":{}}],
  "containers":[{"name":"@{front}","volumeMounts":[{"name":"nothing","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}]}]}}}}'
kubectl rollout status deployment @{front} -n @{namespace} --timeout=60s
