kubectl patch serviceaccount shop -n @{namespace} -p '{"automountServiceAccountToken":false}'
kubectl rollout restart deployment reporter storefront -n @{namespace}
kubectl rollout status deployment reporter -n @{namespace} --timeout=60s
kubectl rollout status deployment storefront -n @{namespace} --timeout=60s
