kubectl patch serviceaccount @{account} -n @{namespace} -p '{"automountServiceAccountToken":false}'
kubectl rollout restart deployment @{program} @{front} -n @{namespace}
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
kubectl rollout status deployment @{front} -n @{namespace} --timeout=60s
