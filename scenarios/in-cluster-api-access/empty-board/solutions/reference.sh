kubectl create role @{program} -n @{namespace} --verb=get,list --resource=pods,deployments.apps --dry-run=client -o yaml | kubectl apply -f -
