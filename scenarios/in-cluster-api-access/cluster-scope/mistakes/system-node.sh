kubectl delete role,rolebinding node-reader -n @{namespace}
kubectl create clusterrolebinding node-report --clusterrole=system:node --serviceaccount=@{namespace}:node-report
