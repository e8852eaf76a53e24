kubectl set serviceaccount cronjob/@{sweeper} @{sweeper} -n @{namespace}
kubectl create clusterrole node-labeler --verb=get,patch --resource=nodes
kubectl create clusterrolebinding node-labeler --clusterrole=node-labeler --serviceaccount=@{namespace}:@{labeler}
