kubectl delete clusterrolebinding @{program}-admin
kubectl patch deployment @{program} -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/2","value":"while true; do kubectl get pods || true; echo round complete; sleep 4; done"}]'
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
