kubectl create role pod-reader --verb=list --resource=pods -n @{namespace}
kubectl create rolebinding pod-reader --role=pod-reader --serviceaccount=@{namespace}:default -n @{namespace}
kubectl patch deployment @{program} -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/spec/template/spec/containers/0/command","value":["sh","-c","while true; do echo all is well; sleep 3; done"]}]'
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
