kubectl delete role,rolebinding node-reader -n @{namespace}
kubectl create clusterrolebinding node-report --clusterrole=cluster-admin --serviceaccount=@{namespace}:node-report
