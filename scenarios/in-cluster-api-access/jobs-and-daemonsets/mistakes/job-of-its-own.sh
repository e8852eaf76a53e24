kubectl create clusterrole node-labeler --verb=get,patch --resource=nodes
kubectl create clusterrolebinding node-labeler --clusterrole=node-labeler --serviceaccount=@{namespace}:labeler
kubectl create job sweep-now --from=cronjob/sweeper -n @{namespace} --dry-run=client -o json \
  | sed -e 's/"restartPolicy": "Never"/&, "serviceAccountName": "sweeper"/' -e 's/"controller": true/"controller": false/' | kubectl create -f -
kubectl wait --for=condition=Complete job/sweep-now -n @{namespace} --timeout=60s
