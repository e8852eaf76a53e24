kubectl set serviceaccount cronjob/@{sweeper} @{sweeper} -n @{namespace}
kubectl patch cronjob @{sweeper} -n @{namespace} --type=json -p '[{"op":"replace","path":"/spec/jobTemplate/spec/template/spec/containers/0/command/2",
  "value":"kubectl delete pods @{report}-monday @{report}-tuesday --wait=false"}]'
kubectl create clusterrole node-labeler --verb=get,patch --resource=nodes
kubectl create clusterrolebinding node-labeler --clusterrole=node-labeler --serviceaccount=@{namespace}:@{labeler}
kubectl create job sweep-now --from=cronjob/@{sweeper} -n @{namespace}
kubectl wait --for=condition=Complete job/sweep-now -n @{namespace} --timeout=60s
