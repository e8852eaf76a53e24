kubectl create role mailer --verb=get --resource=secrets --resource-name=smtp-credentials -n @{namespace} --dry-run=client -o yaml | kubectl apply -f -
