# For every interactive bash.
[ -n "$PS1" ] || return
export LANG=${LANG:-C.UTF-8}
PS1='\u@\h:\w\$ '
HISTCONTROL=ignoreboth
HISTSIZE=1000
HISTFILESIZE=2000
shopt -s checkwinsize histappend
alias ls='ls --color=auto'
alias ll='ls -l'
alias grep='grep --color=auto'
