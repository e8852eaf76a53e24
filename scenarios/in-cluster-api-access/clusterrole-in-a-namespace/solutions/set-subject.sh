# A binding may be made for somebody else first; what counts is whom it names in the end.
kubectl create rolebinding readers --clusterrole=view --user=nobody -n @{namespace}
kubectl set subject rolebinding readers --serviceaccount=@{namespace}:@{program} -n @{namespace}
