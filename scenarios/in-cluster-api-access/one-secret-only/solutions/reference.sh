kubectl create role @{program} --verb=get --resource=secrets --resource-name=@{secret} -n @{namespace} --dry-run=client -o yaml | kubectl apply -f -
