kubectl create role @{singular}-reads --verb=list,watch --resource=deployments.apps -n @{namespace}
kubectl create role @{singular}-writes --verb=patch --resource=@{plural}.ops.example.com/status --resource-name=@{object} -n @{namespace}
kubectl create role @{singular}-tells --verb=create --resource=events -n @{namespace}
for name in @{singular}-reads @{singular}-writes @{singular}-tells; do
  kubectl create rolebinding $name --role=$name --serviceaccount=@{namespace}:@{singular} -n @{namespace}
done
