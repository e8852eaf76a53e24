kubectl patch serviceaccount shop -n @{namespace} -p '{"automountServiceAccountToken":false}'
kubectl patch deployment reporter -n @{namespace} -p '{"spec":{"template":{"spec":{"automountServiceAccountToken":true}}}}'
kubectl patch deployment storefront -n @{namespace} -p '{"spec":{"template":{"spec":{"automountServiceAccountToken":false}}}}'
kubectl rollout status deployment reporter -n @{namespace} --timeout=60s
kubectl rollout status deployment storefront -n @{namespace} --timeout=60s
