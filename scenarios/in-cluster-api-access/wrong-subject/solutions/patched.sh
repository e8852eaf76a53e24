# Subjects may be changed in place; only the roleRef may not.
kubectl patch rolebinding stock-sync -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/subjects/0/namespace","value":"@{namespace}"}]'
kubectl patch rolebinding price-sync -n @{namespace} --type=merge \
  -p '{"subjects":[{"kind":"ServiceAccount","name":"price-sync","namespace":"@{namespace}"}]}'
