"""What netsh's translated values mean (windows-firewall.md 4.1, 4.2).

Only words seen in real output, or with one possible meaning at their place, stand here: a wrong entry would
turn a Block into an Allow unnoticed, a missing one becomes a problem that names the word. German
"Aus" is "Out" as a direction and "off" as a state, which is why every place has its own table. French "Actif"
as a direction is left out on purpose: what it translates there is not certain.
"""

from __future__ import annotations

from typing import TypeVar

from scanner.model import Action, Direction, Profile

_T = TypeVar("_T")


def _table(*rows: tuple[_T, str]) -> dict[str, _T]:
    return {word.casefold(): meaning for meaning, words in rows for word in words.split("|")}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.casefold().split("|"))


ANY = _words("Any|Beliebig|Cualquiera|Tout|Qualsiasi|Qualquer|任意|任何|모두|Любой|Alle")

YES_NO = _table(
    (True, "Yes|Ja|Sí|Sì|Oui|Sim|はい|是|예|Да"),
    (False, "No|Nein|Non|Não|Nee|いいえ|否|아니요|Нет"),
)

DIRECTION = _table(
    (Direction.IN, "In|Eingehend|Dentro|Entrante|Entrant|Entrée|Entrada|Inkomend"),
    (Direction.IN, "入力|受信|入|入站|輸入|인바운드|Входящие"),
    (Direction.OUT, "Out|Aus|Ausgehend|Fuera|Saliente|Sortant|Sortie|Saída|Uitgaand"),
    (Direction.OUT, "出力|送信|出|出站|輸出|아웃바운드|Исходящие"),
)

ACTION = _table(
    (Action.ALLOW, "Allow|Zulassen|Permitir|Autoriser|Consenti|Toestaan"),
    (Action.ALLOW, "許可|允许|允許|허용|Разрешить"),
    (Action.BLOCK, "Block|Blocken|Blockieren|Bloquear|Bloquer|Blocca|Blokkeren"),
    (Action.BLOCK, "ブロック|阻止|封鎖|차단|Блокировать"),
    (Action.BYPASS, "Bypass"),
)

PROFILE = _table(
    (Profile.DOMAIN, "Domain|Domäne|Dominio|Domaine|Domínio|Domein|ドメイン|域|網域|도메인|Домен"),
    (Profile.PRIVATE, "Private|Privat|Privada|Privado|Privé|Privato|Particular"),
    (Profile.PRIVATE, "プライベート|专用|私人|개인|Частный"),
    (Profile.PUBLIC, "Public|Öffentlich|Pública|Público|Pubblico|Openbaar"),
    (Profile.PUBLIC, "パブリック|公用|공용|Общий"),
)

# in the heading of a profile's settings the name may be inflected or part of a longer word ("Domänenprofil")
PROFILE_STEMS = (
    (
        Profile.DOMAIN,
        ("domain", "domän", "dominio", "domínio", "domein", "ドメイン", "域", "도메인", "домен"),
    ),
    (Profile.PRIVATE, ("privat", "privad", "privé", "particular")),
    (Profile.PRIVATE, ("プライベート", "专用", "私人", "개인", "частн")),
    (Profile.PUBLIC, ("public", "públic", "pubblic", "öffentlich", "openba")),
    (Profile.PUBLIC, ("パブリック", "公用", "공용", "общ")),
)

STATE = _table(
    (True, "ON|EIN|Actif|Activé|Activado|Ativado|Attivo|Aan|启用|打开|オン|有効|켜짐|Включен"),
    (False, "OFF|AUS|Inactif|Désactivé|Desactivado|Desativado|Disattivato|Uit"),
    (False, "关闭|禁用|オフ|無効|꺼짐|Выключен"),
)

SWITCH = _table(
    (True, "Enable|Aktivieren|Activer|Habilitar|Abilita|Inschakelen|启用|有効|사용|Включить"),
    (False, "Disable|Deaktivieren|Désactiver|Deshabilitar|Desabilitar|Disabilita|Uitschakelen"),
    (False, "禁用|無効|사용 안 함|Отключить"),
)

LOCAL_SOURCE = _words("Local Setting|Lokale Einstellung|ローカル設定|Configuração Local|本地设置")
NOT_REQUIRED = _words("NotRequired|Nicht erforderlich")
NO_RULES = (
    "no rules match the specified criteria",
    "keine regeln stimmen mit den angegebenen kriterien überein",
    "nenhuma regra corresponde aos critérios especificados",
)
