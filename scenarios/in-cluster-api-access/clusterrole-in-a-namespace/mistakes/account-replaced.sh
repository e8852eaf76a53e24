kubectl create serviceaccount viewer -n @{namespace}
kubectl create rolebinding viewer --clusterrole=view --serviceaccount=@{namespace}:viewer -n @{namespace}
kubectl set serviceaccount deployment @{program} viewer -n @{namespace}
kubectl rollout status deployment @{program} -n @{namespace} --timeout=60s
