kubectl create role @{program} --verb=get --resource=secrets --resource-name=@{other} -n @{namespace} --dry-run=client -o yaml | kubectl apply -f -
