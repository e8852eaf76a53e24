kubectl create serviceaccount watchman -n @{namespace}
kubectl create rolebinding watchman --role=pod-lister --serviceaccount=@{namespace}:watchman -n @{namespace}
kubectl set serviceaccount deployment watchman watchman -n @{namespace}
kubectl rollout status deployment watchman -n @{namespace} --timeout=60s
kubectl patch deployment watchman -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command/2","value":"while true; do kubectl get pods -o name; sleep 3; done"}]'
kubectl rollout status deployment watchman -n @{namespace} --timeout=60s
kubectl delete rolebinding convenience -n @{namespace}
