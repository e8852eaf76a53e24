kubectl create rolebinding tally --clusterrole=edit --serviceaccount=@{namespace}:tally -n @{namespace}
