kubectl set serviceaccount cronjob/@{sweeper} @{sweeper} -n @{namespace}
kubectl create clusterrolebinding node-labeler --clusterrole=cluster-admin --serviceaccount=@{namespace}:@{labeler}
kubectl create job sweep-now --from=cronjob/@{sweeper} -n @{namespace}
kubectl wait --for=condition=Complete job/sweep-now -n @{namespace} --timeout=60s
