kubectl set serviceaccount cronjob/@{sweeper} @{sweeper} -n @{namespace}
kubectl create clusterrole node-labeler --verb=get,patch --resource=nodes
kubectl create rolebinding node-labeler --clusterrole=node-labeler --serviceaccount=@{namespace}:@{labeler} -n @{namespace}
kubectl create job sweep-now --from=cronjob/@{sweeper} -n @{namespace}
kubectl wait --for=condition=Complete job/sweep-now -n @{namespace} --timeout=60s
