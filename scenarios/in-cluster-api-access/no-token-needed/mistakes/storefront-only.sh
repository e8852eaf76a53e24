kubectl patch deployment @{front} -n @{namespace} -p '{"spec":{"template":{"spec":{"automountServiceAccountToken":false}}}}'
kubectl rollout status deployment @{front} -n @{namespace} --timeout=60s
