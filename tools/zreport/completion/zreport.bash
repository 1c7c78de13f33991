# SPDX-License-Identifier: MPL-2.0
#
# zreport.bash - completion of zreport for bash; needs nothing but bash.

# The options of a command, as in zreport COMMAND --help.
_zreport_options ()
{
    local windowed='--since --until --last --timezone' grouped='--by --where'
    local options='--endpoint --timeout --json --help --version'
    case $1 in
        report)                       options+=" $windowed --service" ;;
        hourly|daily|weekly|monthly)  options+=" $windowed $grouped --limit" ;;
        top)                          options+=" $windowed $grouped --limit" ;;
        series)                       options+=" $windowed $grouped --limit --step" ;;
        export)                       options+=" $windowed $grouped --step --format" ;;
        statusline)                   options+=' --where --timezone --format' ;;
        watch)                        options+=' --query --timezone --count' ;;
        rejects)                      options+=' --limit' ;;
    esac
    echo "$options"
}

_zreport_zones ()
{
    local table=${TZDIR:-/usr/share/zoneinfo}/tzdata.zi
    echo local UTC
    [ -r "$table" ] && awk '$1 == "Z" { print $2 } $1 == "L" { print $3 }' "$table"
}

# Dimensions behind the last comma, none of them twice.
_zreport_by ()
{
    local before='' name
    case $1 in *,*) before=${1%,*}, ;; esac
    for name in model tier service provider type; do
        case ,$before in *",$name,"*) continue ;; esac
        echo "$before$name"
    done
}

# What may stand behind an option; nothing where that is free.
_zreport_values ()
{
    local option=$1 command=$2 word=$3
    case $option in
        --by)       _zreport_by "$word" ;;
        --where)    printf '%s=\n' model tier service provider type ;;
        --timezone) _zreport_zones ;;
        --step)     echo 1m 5m 15m 1h 1d 1w ;;
        --last)     echo 30m 1h 24h 7d 30d 8w 12mo ;;
        --since|--until) echo today yesterday 1h 24h 7d 30d ;;
        --format)   [ "$command" = statusline ] || echo csv jsonl ;;
        --endpoint|--query) echo tcp:// ipc:// ;;
    esac
}

_zreport_takes_value ()
{
    case $1 in
        --by|--where|--timezone|--step|--last|--since|--until|--format|--endpoint|--query|--timeout|--limit) return 0 ;;
        --service|--count) return 0 ;;
    esac
    return 1
}

# The command that stands on the line before the word that is completed; report where none does.
_zreport_command ()
{
    local i word
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if _zreport_takes_value "$word"; then
            [ "${COMP_WORDS[i + 1]}" = = ] && ((i++))
            ((i++))
        elif [ "$word" = = ]; then
            ((i++)) # of --where model=gpt-4o, which bash parts too
        elif [[ $word != -* ]]; then
            echo "$word"
            return
        fi
    done
}

_zreport ()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command words
    local commands='report hourly daily weekly monthly top series export statusline budgets watch health rejects price ping'
    local at=$((COMP_CWORD - 1))
    COMPREPLY=()
    # Bash parts --by=model in three words, of which the middle one may be the last.
    if [ "$word" = = ]; then
        word=''
    elif [ "$before" = = ]; then
        before=${COMP_WORDS[--at]}
    fi
    # What is behind model= only the user knows.
    [[ ${COMP_WORDS[at + 1]} == = && $before != --* ]] && return 0
    command=$(_zreport_command)
    if _zreport_takes_value "$before"; then
        words=$(_zreport_values "$before" "$command" "$word")
    elif [ -z "$command" ] && [[ $word != -* ]]; then
        words=$commands
    else
        words=$(_zreport_options "${command:-report}")
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    # More may follow the equals sign, the comma, the slashes.
    case $before in
        --where|--by|--endpoint|--query) compopt -o nospace 2>/dev/null ;;
    esac
    return 0
}

complete -F _zreport zreport
