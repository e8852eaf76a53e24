kubectl delete secret vault-agent-token -n @{namespace}
kubectl delete pod -l app=vault-agent -n @{namespace}
