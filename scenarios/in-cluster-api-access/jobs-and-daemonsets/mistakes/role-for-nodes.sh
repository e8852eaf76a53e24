kubectl set serviceaccount cronjob/@{sweeper} @{sweeper} -n @{namespace}
kubectl create role node-labeler --verb=get,patch --resource=nodes -n @{namespace}
kubectl create rolebinding node-labeler --role=node-labeler --serviceaccount=@{namespace}:@{labeler} -n @{namespace}
kubectl create job sweep-now --from=cronjob/@{sweeper} -n @{namespace}
kubectl wait --for=condition=Complete job/sweep-now -n @{namespace} --timeout=60s
