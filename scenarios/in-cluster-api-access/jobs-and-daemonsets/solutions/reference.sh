kubectl set serviceaccount cronjob/@{sweeper} @{sweeper} -n @{namespace}
kubectl create clusterrole node-labeler --verb=get,patch --resource=nodes
kubectl create clusterrolebinding node-labeler --clusterrole=node-labeler --serviceaccount=@{namespace}:@{labeler}
kubectl create job sweep-now --from=cronjob/@{sweeper} -n @{namespace}
kubectl wait --for=condition=Complete job/sweep-now -n @{namespace} --timeout=60s
