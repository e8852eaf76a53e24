kubectl create role mailer --verb=get --resource=secrets --resource-name=payroll -n @{namespace} --dry-run=client -o yaml | kubectl apply -f -
