# A Pod without an opinion follows its ServiceAccount.
kubectl patch serviceaccount @{account} -n @{namespace} -p '{"automountServiceAccountToken":false}'
kubectl patch deployment @{program} -n @{namespace} -p '{"spec":{"template":{"spec":{"automountServiceAccountToken":true}}}}'
kubectl patch deployment @{front} -n @{namespace} --type=json -p '[{"op":"remove","path":"/spec/template/spec/automountServiceAccountToken"}]'
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
kubectl rollout status deployment @{front} -n @{namespace} --timeout=60s
