kubectl create serviceaccount @{program} -n @{namespace}
kubectl create rolebinding @{program} --clusterrole=edit --serviceaccount=@{namespace}:@{program} -n @{namespace}
kubectl set serviceaccount deployment @{program} @{program} -n @{namespace}
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
kubectl delete rolebinding @{binding} -n @{namespace}
