kubectl create rolebinding board-edit --clusterrole=edit --serviceaccount=@{namespace}:rollout-board -n @{namespace}
