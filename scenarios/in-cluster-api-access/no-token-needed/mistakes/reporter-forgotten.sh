kubectl patch serviceaccount @{account} -n @{namespace} -p '{"automountServiceAccountToken":false}'
kubectl patch deployment @{front} -n @{namespace} -p '{"spec":{"template":{"spec":{"automountServiceAccountToken":false}}}}'
kubectl rollout restart deployment @{program} -n @{namespace}
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
kubectl rollout status deployment @{front} -n @{namespace} --timeout=60s
