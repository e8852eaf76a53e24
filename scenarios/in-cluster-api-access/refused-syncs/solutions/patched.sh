# Subjects may be changed in place; only the roleRef may not.
kubectl patch rolebinding @{first} -n @{namespace} --type=json \
  -p '[{"op":"replace","path":"/subjects/0/namespace","value":"@{namespace}"}]'
kubectl patch rolebinding @{second} -n @{namespace} --type=merge \
  -p '{"subjects":[{"kind":"ServiceAccount","name":"@{second}","namespace":"@{namespace}"}]}'
