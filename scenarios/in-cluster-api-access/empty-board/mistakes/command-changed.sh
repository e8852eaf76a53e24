kubectl patch role @{program} -n @{namespace} --type=json -p '[{"op":"replace","path":"/rules/1/apiGroups","value":[""]}]'
kubectl patch deployment @{program} -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/2","value":"while true; do kubectl get pods -o name; sleep 3; done"}]'
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
