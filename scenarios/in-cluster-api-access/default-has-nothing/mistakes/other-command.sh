kubectl create serviceaccount @{program} -n @{namespace}
kubectl create rolebinding @{program} --role=@{role} --serviceaccount=@{namespace}:@{program} -n @{namespace}
kubectl set serviceaccount deployment @{program} @{program} -n @{namespace}
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
kubectl patch deployment @{program} -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/2","value":"while true; do kubectl get pods -o name; sleep 3; done"}]'
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
kubectl delete rolebinding @{binding} -n @{namespace}
