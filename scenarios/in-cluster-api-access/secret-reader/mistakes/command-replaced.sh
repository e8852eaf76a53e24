kubectl create serviceaccount @{account} -n @{namespace}
kubectl create role @{account} --verb=get,list --resource=secrets -n @{namespace}
kubectl create rolebinding @{account} --role=@{account} --serviceaccount=@{namespace}:@{account} -n @{namespace}
kubectl set serviceaccount deployment @{program} @{account} -n @{namespace}
kubectl patch deployment @{program} -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command","value":["sh","-c","while true; do kubectl get secrets -o name; sleep 3; done"]}]'
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
