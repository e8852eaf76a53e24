kubectl delete secret @{host}-agent-token -n @{namespace}
kubectl delete pod -l app=@{host}-agent -n @{namespace}
