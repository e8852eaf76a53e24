kubectl create clusterrole node-labeler --verb=get,patch --resource=nodes
kubectl create clusterrolebinding node-labeler --clusterrole=node-labeler --serviceaccount=@{namespace}:@{labeler}
kubectl create job sweep-now --from=cronjob/@{sweeper} -n @{namespace} --dry-run=client -o yaml |
  kubectl patch --local -f - --type json -o yaml -p '[{"op":"remove","path":"/metadata/ownerReferences"},
    {"op":"add","path":"/spec/template/spec/serviceAccountName","value":"@{sweeper}"}]' |
  kubectl create -f -
kubectl wait --for=condition=Complete job/sweep-now -n @{namespace} --timeout=60s
