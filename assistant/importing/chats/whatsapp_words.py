"""WhatsApp's own words in the languages of its users: halves of the day, and notices that nobody wrote.

A telephone exports a chat in its own language. What WhatsApp writes there stands like a message, often without the mark
that it puts before its own words. Each pattern here is of whole messages, so that a person's sentence that only has one
of these words stays.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from assistant.importing.chats.chat import MAP, without_coordinates

MORNING = frozenset(
    "am 午前 오전 上午 凌晨 早上 清晨 öö de ص قظ πμ sa pd проб vm dop дп pg पूर्वाह्न לפנה״צ ก่อนเที่ยง fm"
    " morgens vormittags претпладне முற்பகல் পূর্বাহ্ণ পূর্বাহ্ন मपू ಪೂರ್ವಾಹ್ನ ਪੂਦੁ පෙව ጥዋት тң to үө fh priešpiet priekšp"
    " ກ່ອນທ່ຽງ နံနက် غم eparadites prepodne prijepodne преподне претпл قبلدوپہر ap gh rn sf bn isuk moies vorm atm то ам"
    " পূৰ্বাহ্ন صبح چب بن goöň ቅቀ wd 上晝 àárọ̀ n’ụtụtụ".split()
)
EVENING = frozenset(
    "pm 午後 오후 下午 晚上 傍晚 中午 ös du م بظ μμ ch md слоб nm odp пп ptg अपराह्न אחה״צ หลังเที่ยง em"
    " nachmittags abends попладне பிற்பகல் অপরাহ্ণ অপরাহ্ন मउ ಅಪರಾಹ್ನ ਬਾਦੁ පව ከሰዓት тк tk үх eh popiet pēcp"
    " ຫຼັງທ່ຽງ ညနေ غو epasdites popodne poslijepodne поподне попл بعددوپہر ip gd in ym pn wengi nomëttes nam ptm пм pop"
    " অপৰাহ্ন شام چك دن gosoň ድቀ wb 下晝 ọ̀sán n’abalị".split()
)
"""Words for the half of the day, in small letters without points and spaces; they stand before or behind the time."""
JOINING = frozenset("at um om kl klo à a alle las ás às o ore о в w u v г den el le la".split())
"""Words between date and time that say nothing of the half."""

LEFT_OUT = re.compile(
    r"<[^<>:\n]{1,40}>|null|(?:image|photo|video(?: note)?|audio|voice message|sticker|gif|document|contact card"
    r"|bild|foto|imagen?|imagem|immagine|afbeelding|vidéo|vídeo|documento|dokument|obraz|изображение|видео"
    r"|аудио|стикер|документ|画像|動画"
    r"|사진|동영상|이미지|图像|图片|视频|音频|billede|obrázek|fotografie|imagine|fotografi[ae]|εικόνα|βίντεο|ήχος"
    r"|зображення|відео|аудіо|kuva|video|ääni|kép|videó|hang|kontaktkarte|carte de contact|visitekaartje|gambar|ภาพ"
    r"|वीडियो|छवि|תמונה|סרטון|וידאו|סטיקר|התמונה|הסרטון"
    r"|location|tarjeta de contacto|document|belge|dźwięk|dokumen|음성 메시지|adesivo|figurinha|çıkartma"
    r"|naklejka|stiker"
    r"|ملف|المستند|贴图|貼圖|图像|圖像|圖片|影片|ステッカー|הסטיקר|המסמך|האודיו"
    r"|स्टिकर|इमेज|फ़ोटो|multimedia|[^\n<>]{1,80} • \u200e?\d+ [^\W\d]{3,8}\s\u200e?document|adesivo|figurinha|áudio"
    r"|görüntü|ses|wideo|аудиофайл|スタンプ|音声|음성|스티커|صورة|فيديو|صوت"
    r"|ملصق)\s?(?:omitted|weggelassen|omitid[oa]|absente?|omise?|omess[oa]"
    r"|weggelaten|ocult(?:ad)?[oa]|manquante?|отсутствует|не включен[оаы]?"
    r"|(?:は|が)?(?:省略されました|含まれていません)|已忽略|已省略|غير مدرجة?"
    r"|dahil edilmedi|pominięt[oya]|пропущен[оа]?|省略|忽略|생략(?:됨)?"
    r"|ausgelassen|ausgeschlossen|udeladt|utelämna[dt]|utelatt|vynechán[oa]?|omis[ăe]?|παραλείφθηκε"
    r"|jätetty pois|kihagyva"
    r"|tidak disertakan|ditiadakan|हटाई गई|नहीं है|शामिल नहीं है|הושמט[הו]?)"
    r"|(?:صورة|الصورة|فيديو|الفيديو|الملصق|المستند|مقطع الصوت|بطاقة جهة الاتصال) (?:غير مدرجة?|محذوفة?)"
    r"|(?:未包含|已略過|已略过"
    r"|已?忽略)(?:图片|圖片|视频|影片|音频|语音|贴图|貼圖|文件|文档)"
    r"|省略(?:影像|圖片|視訊|語音|貼圖|音訊|文件)"
    r"|(?:تم (?:استبعاد|حذف)|غير مدرجة?) ?(?:الصورة|الفيديو|الصوت|الملصق|الوسائط)?",
    re.I,
)
"""What stands for a picture, a film or a sound that was left out, also without WhatsApp's mark."""
OMITTED = re.compile(
    r"omitted|weggelassen|ausgeschlossen|メディアなし|제외|"
    r"omitid[oa]|omise?s?\b|omess[oi]|weggelaten|ocult[oa]|dahil edilmedi|pominięt|пропущен|"
    r"без медиа|tidak disertakan|省略|생략|忽略|utelämna|udelad|utelat|ausgelassen|vynechán"
    r"|παραλείφθηκε|jätetty pois|kihagyva|استبعاد|הושמט|غير مدرج",
    re.I,
)
_DELETED = (
    r"(?:(?:this )?message (?:was )?deleted(?: by an admin)?|você apagou essa mensagem|u hebt dit bericht verwijderd"
    r"|[你您]已[删刪]除此(?:消息|訊息)|you deleted this message|diese nachricht wurde gelöscht"
    r"|du hast diese nachricht(?: als admin)? gelöscht"
    r"|se eliminó este mensaje|este mensaje fue eliminado|eliminaste este mensaje|ce message a été supprimé"
    r"|vous avez supprimé ce message|questo messaggio è stato eliminato|hai eliminato questo messaggio"
    r"|esta mensagem foi apagada|mensagem apagada|você apagou esta mensagem|essa mensagem foi apagada"
    r"|dit bericht is verwijderd|je hebt dit bericht verwijderd|u heeft dit bericht verwijderd|bu mesaj silindi"
    r"|bu mesajı sildiniz|wiadomość została usunięta|ta wiadomość została usunięta|usunięto tę wiadomość"
    r"|usunąłeś tę wiadomość|esta mensagem foi eliminada|eliminou esta mensagem|anda menghapus pesan ini"
    r"|viesti poistettiin|mensaje eliminado|[您你]撤回了一[条條](?:消息|訊息)|あなたはこのメッセージを削除しました"
    r"|आपने (?:इस|यह) (?:मैसेज|संदेश)(?: को)? (?:डिलीट|हटा)[^\n]{0,30}|لقد حذفت[\u064e\u0650]? هذه الرسالة"
    r"|מחקת את ההודעה (?:הזו|הזאת)|diese nachricht wurde von admin [^\n]{1,60} gelöscht|ön törölte ezt az üzenetet"
    r"|bạn đã thu hồi tin nhắn(?: này)?|[你您]已收回(?:此訊息|這則訊息|此消息)|данное сообщение удалено"
    r"|это сообщение было удалено|вы удалили это сообщение"
    r"|вы удалили данное сообщение|pesan ini telah dihapus|pesan ini dihapus|anda telah menghapus pesan ini"
    r"|このメッセージは削除されました|メッセージを削除しました|삭제된 메시지입니다|이 메시지를 삭제했습니다"
    r"|메시지를 삭제했습니다"
    r"|此消息已被?删除|您已删除此消息|你已删除此消息|這則訊息已刪除|您已刪除這則訊息|你已刪除此訊息|此訊息已刪除"
    r"|تم حذف هذه الرسالة"
    r"|لقد حذفت هذه الرسالة|حذفت هذه الرسالة|הודעה זו נמחקה|מחקת הודעה זו|यह संदेश हटा दिया गया(?: है| था)?"
    r"|आपने यह संदेश हटा दिया"
    r"|यह मैसेज (?:डिलीट कर दिया|हटा दिया) गया(?: है| था)?|آپ نے یہ پیغام حذف کر دیا"
    r"|یہ پیغام (?:حذف کر|مٹا) دیا گیا(?: ہے| تھا)?"
    r"|(?:detta meddelande|det här meddelandet|meddelandet) (?:togs bort|har tagits bort|raderades|har raderats)"
    r"|du (?:tog bort|raderade|har raderat) (?:detta meddelande|det här meddelandet)"
    r"|(?:denne besked|beskeden) blev slettet|du (?:har )?slettede? denne besked"
    r"|denne meldingen (?:ble|er) slettet|du slettet denne meldingen|tämä viesti poistettiin|poistit tämän viestin"
    r"|tato zpráva byla (?:odstraněna|smazána)|(?:odstranili|smazali) jste tuto zprávu"
    r"|táto správa bola (?:odstránená|vymazaná)|(?:odstránili|vymazali) ste túto správu"
    r"|ezt az üzenetet törölték|ez az üzenet törölve (?:lett|van)|törölted ezt az üzenetet"
    r"|acest mesaj a fost [șş]ters|a(?:i|ți|ţi) [șş]ters acest mesaj"
    r"|αυτό το μήνυμα (?:διαγράφηκε|έχει διαγραφεί)|διαγράψατε αυτό το μήνυμα"
    r"|це повідомлення (?:було )?видалено|ви видалили це повідомлення|това съобщение (?:беше|е) изтрито"
    r"|изтрихте това съобщение|(?:ова )?порука је (?:избрисана|обрисана)"
    r"|(?:ova )?poruka je (?:izbrisana|obrisana)|(?:izbrisali|obrisali) ste (?:ovu )?poruku"
    r"|to sporočilo je (?:bilo )?izbrisano|izbrisali ste to sporočilo"
    r"|s['’]ha (?:suprimit|eliminat) aquest missatge|aquest missatge s['’]ha (?:suprimit|eliminat)"
    r"|has (?:suprimit|eliminat) aquest missatge|mesej ini (?:telah )?dipadam(?:kan)?"
    r"|anda (?:telah )?memadam(?:kan)? mesej ini|tin nhắn (?:này )?đã (?:bị )?(?:xóa|xoá|thu hồi)"
    r"|bạn đã (?:xóa|xoá) tin nhắn này|ข้อความนี้ถูกลบ(?:แล้ว)?|คุณ(?:ได้)?ลบข้อความนี้(?:แล้ว)?"
    r"|این پیام حذف شد|(?:شما )?این پیام را حذف کردید|see sõnum (?:on )?kustutat(?:i|ud)"
    r"|šī ziņa (?:tika|ir) (?:iz)?dzēsta|ši žinutė (?:buvo )?ištrinta|hierdie boodskap is (?:geskrap|verwyder"
    r"|uitgevee)"
    r"|nachricht gelöscht|wiadomość usunięta|message supprimé|messaggio eliminato|bericht verwijderd"
    r"|сообщение удалено|mesaj silindi"
    r"|[你您](?:删除|刪除)了此(?:消息|訊息)|यह (?:मैसेज|संदेश) मिटा(?: दिया|या) गया(?: है| था)?|आपने (?:इस|यह) (?:मैसेज"
    r"|संदेश)(?: को)? मिटा दिया(?: है)?"
    r"|bu mesajı yönetici olarak sildiniz|מחקת את ההודעה|ujumbe huu (?:ulifutwa|umefutwa)|এই (?:মেসেজ"
    r"|বার্তা)টি মুছে ফেলা হয়েছে|இந்த(?:ச்)? செய்தி நீக்கப்பட்டது)"
    r"(?: as (?:an )?admin| als (?:admin|beheerder)| como (?:admin|administrador(?:a|\(a\))?)| en tant qu['’]admin\w*"
    r"| in qualità di amministratore| comme admin\w*| jako administrator| как админ(?:истратор)?| sebagai admin"
    r"| كمشرف"
    r"| בתור מנהל(?:/ת)?| (?:by admin|durch|von|por|pel[oa]|par|da|door|przez|oleh|بواسطة) [^\n]{1,60})?"
)
_WAITING = (
    r"(?:waiting for this message|(?:auf diese nachricht (?:warten|wird gewartet)|warten auf diese nachricht)"
    r"|esperando (?:este mensaje|el mensaje)"
    r"|en attente de ce message|in attesa del messaggio|aguardando (?:mensagem|esta mensagem)"
    r"|wachten op dit bericht|in afwachting van dit bericht|venter på denne (?:meldingen|besked)"
    r"|väntar på det här meddelandet|odotetaan tätä viestiä|čeká se na tuto zprávu"
    r"|bu mesaj bekleniyor|oczekiwanie na tę wiadomość|ожидание (?:данного )?сообщения|menunggu pesan ini"
    r"|正在等待此消息|正在等待此訊息|このメッセージを待っています|메시지를 기다리는 중입니다)(?:[.。…].*)?"
    r"|this message (?:can['’]t be displayed here|was not downloaded|couldn['’]t load|isn['’]t supported).*"
    r"|you received a message but your version of whatsapp .*|diese nachricht kann hier nicht angezeigt werden.*"
    r"|your security code with .{1,60} changed.*|(?:ihre|deine) sicherheitsnummer .{1,80} hat sich geändert.*"
    r"|(?:se ha cambiado )?tu código de seguridad con .*|votre code de sécurité avec .* (?:a changé|a été modifié).*"
    r"|il (?:tuo )?codice di sicurezza .* è cambiato.*|(?:o )?seu código de segurança com .* mudou.*"
    r"|(?:je|uw) beveiligingscode .* (?:is gewijzigd|is veranderd).*|ваш код безопасности с .* изменился.*"
    r"|you (?:un)?blocked this contact\..*|this chat is with a business account\..*|you (?:kept|pinned) (?:this"
    r"|a) message"
    r"|(?:you turned (?:on|off) )?disappearing messages(?: were turned (?:on|off))?\.(?: .*)?"
    r"|messages you send to this (?:chat|group) .*|this group (?:was added to|is part of) the community.*"
    r"|only admins can send messages|this message has been unkept|kept message|you opened this message"
    r"|you (?:sent|requested) [₹$€£R]{1,2}\s?[\d.,]+ (?:to|from) [^\n]{1,40}"
    r"|[^\n]{1,40} requested [₹$€£R]{1,2}\s?[\d.,]+ from you"
    r"|welcome to your community|[^\n]{1,40}['’]s request to join was approved|~\s?[^\n]{1,40} was added"
    r"|(?:du hast diesen kontakt (?:blockiert|freigegeben)|bloqueaste a este contacto|desbloqueaste a este contacto"
    r"|vous avez (?:dé)?bloqué ce contact|hai (?:s)?bloccato questo contatto|você (?:des)?bloqueou este contato"
    r"|je hebt dit contact (?:ge|gede)blokkeerd|вы (?:раз)?заблокировали (?:этот|данный) контакт)\b.*"
    r"|you['’]re (?:now|no longer) an admin|du bist (?:jetzt|nicht mehr) (?:ein )?admin"
)
_UNANSWERED = (
    r"\d+ ?[^\W\d]{1,12}\.?(?: \d+ ?[^\W\d]{1,12}\.?)?|no answer.*|declined.*|tap to .*|keine antwort.*"
    r"|sin respuesta.*"
    r"|pas de réponse.*|nessuna risposta.*|(?:sem|não) respo.*|geen antwoord.*|yanıt yok.*|brak odpowiedzi.*"
    r"|нет ответа.*|tidak ada jawaban.*|応答なし.*|응답 없음.*|[无無]人?[应應接][答聽听].*|لم يتم الرد.*|ללא מענה.*"
)
_LASTED = (
    r"(?:(?:group )?(?:voice|video) call|(?:gruppen-?)?(?:sprach|video)anruf|(?:video)?llamada(?: de (?:voz"
    r"|grupo)| grupal)?"
    r"|appel (?:vocal|vidéo)(?: de groupe)?|chiamata (?:vocale|video)|videochiamata|(?:ligação"
    r"|chamada) de (?:voz|vídeo)"
    r"|(?:spraak|video)-?oproep|(?:sesli|görüntülü) arama|(?:połączenie|rozmowa) (?:głosow[ea]|wideo)"
    r"|(?:голосовой |аудио|видео)звонок|panggilan (?:suara|video)|(?:音声|ビデオ)通話|(?:음성|영상) ?통화"
    r"|(?:语音|视频)通话|(?:語音|視訊)通話|مكالمة (?:صوتية|فيديو)|שיחת (?:קול|וידאו))"
    rf"(?:[.,،、，]\s?|\s[-–·]\s)(?:{_UNANSWERED})(?:\s?[•·]\s?\d+ [^\n]{{1,30}})?"
)
_CALLS = (
    r"(?:missed|silenced)(?: group)?(?: voice| video)? calls?(?:(?:[,.]| at ).*)?|(?:verpasster"
    r"|stummgeschalteter) (?:gruppen-?)?(?:sprach|video)?anruf.*"
    r"|(?:llamada|videollamada)(?: de voz| de grupo| grupal)? perdida.*"
    r"|appel(?: vocal| vidéo| de groupe)? manqué.*|(?:chiamata"
    r"|videochiamata)(?: vocale)? persa.*"
    r"|(?:ligação|chamada)(?: de (?:voz|vídeo))? perdida.*|gemiste (?:spraak|video|groeps)?-?oproep.*"
    r"|cevapsız (?:sesli"
    r"|görüntülü) arama.*"
    r"|nieodebrane połączenie.*|пропущенный (?:групповой )?(?:аудио|видео)?звонок.*|panggilan (?:suara"
    r"|video) tak terjawab.*"
    r"|不在着信.*|(?:音声|ビデオ)通話不在着信.*|부재중 (?:음성|영상) ?(?:통화|전화).*"
    r"|未接(?:語音|语音|視訊|视频)(?:來電|来电)|未接(?:语音|視訊|视频"
    r"|語音)通[话話].*|مكالمة (?:صوتية|فيديو) (?:فائتة|لم يرد عليها).*"
    r"|vastaamaton (?:ääni|video)puhelu.*|(?:missat|obesvarat) (?:röst|video)samtal.*"
    r"|ubesvart (?:tale|lyd|video)(?:anrop|samtale).*|ubesvaret (?:tale|lyd|video)opkald.*"
    r"|zmeškaný (?:hlasový|video) ?hovor.*|zmeškaný videohovor.*|nem fogadott (?:hang|vide[oó])hívás.*"
    r"|apel (?:vocal|video) (?:nepreluat|pierdut|ratat).*|αναπάντητη (?:φωνητική κλήση|βιντεοκλήση|κλήση βίντεο).*"
    r"|пропущений (?:аудіо|голосовий|відео) ?(?:дзвінок|виклик).*|пропуснато (?:гласово|видео) ?обаждане.*"
    r"|propušten[ai]? (?:glasovni|video) ?poziv.*|zgrešen[ai]? (?:glasovni|video) ?klic.*"
    r"|(?:trucada|videotrucada)(?: de veu)? perduda.*|panggilan (?:suara|video) (?:tidak dijawab|terlepas).*"
    r"|(?:bạn đã )?(?:bỏ )?lỡ (?:một )?cuộc gọi.*|cuộc gọi (?:thoại|video) (?:bị )?nhỡ.*|สายที่ไม่ได้รับ.*"
    r"|ไม่ได้รับสาย.*"
    r"|(?:मिस्ड|छूटा हुआ|छूटी हुई) (?:वॉइस|वॉयस|वीडियो) कॉल.*|تماس (?:صوتی|تصویری) (?:بی.?پاسخ|از دست رفته).*"
    r"|(?:שיחה(?: קולית)?|שיחת (?:קול|וידאו)) שלא נענתה.*"
)
_ENCRYPTED = (
    r".*(?:end-to-end encrypted|ende-zu-ende-verschlüsselt|cifrad[oa]s? de extremo a extremo"
    r"|chiffrés? de bout en bout"
    r"|crittografia end-to-end|crittografat[ei] end-to-end|criptografia de ponta a ponta|encriptad[oa]s ponto a ponto"
    r"|end-to-end versleuteld|uçtan uca şifreli|szyfrowane? (?:metodą )?end-to-end|сквозным шифрованием"
    r"|защищены сквозным"
    r"|terenkripsi secara end-to-end|エンドツーエンド暗号化|종단간 암호화|端到端加密|端對端加密"
    r"|مشفرة تمامًا بين الطرفين|מוצפנות מקצה לקצה).*"
)
_POLL = (
    r"(?:poll|umfrage|encuesta|sondage|sondaggio|enquete|sondagem|peiling|anket|ankieta|опрос|polling|jajak pendapat"
    r"|アンケート|투표|投票|投票活动|استطلاع|סקר|पोल|omröstning|afstemning|avstemning|äänestys|kysely|anketa|szavazás"
    r"|sondaj|δημοσκόπηση|ψηφοφορία|опитування|анкета|enquesta|undian|โพล|โพลล์|bình chọn|cuộc thăm dò"
    r"|نظرسنجی|event|veranstaltung|evento|événement|evenement|etkinlik|wydarzenie|мероприятие|acara|イベント|이벤트|活动|活動)"
    r"\s?[:：]\s*\n.*|(?-i:EVENT|VERANSTALTUNG|EVENTO|ÉVÉNEMENT|EVENEMENT): .*"
)
_ONCE = (
    r"view once (?:voice message|photo|video)|(?:photo|video) \(view once\)|<?view once (?:voice )?(?:message|photo"
    r"|video) omitted>?|you (?:sent|received) a view once .*"
    r"|(?:photo|video|foto|vídeo|voice message)\W{1,3}(?:view once|einmalansicht)\)?|(?:foto|vídeo|photo) (?:de "
    r"|en )?"
    r"(?:visualización|visualização|vue|visualizzazione) (?:única|unique|singola)"
    r"|canlı konum paylaşıldı|udostępniono lokalizację na żywo|трансляция геоданных"
    r"|live location (?:shared|ended)|live-standort (?:wird )?geteilt|ubicación en tiempo real compartida"
    r"|localisation en direct partagée|posizione (?:attuale|in tempo reale) condivisa"
    r"|localização em tempo real compartilhada|live ?locatie gedeeld"
)
_NOTICES = re.compile(
    "|".join(
        (_DELETED + r"[.。]?", _WAITING, _CALLS.replace(".*", "[^?!]{0,60}"), _LASTED, _ENCRYPTED, _POLL, _ONCE, "null")
    ),
    re.I | re.S,
)
_LOCATION = re.compile(
    rf"(?:[^\n:：]{{1,40}}[:：]\s*)?(?:{MAP})|[^\n]{{1,160}}[:：]\s*https?://(?:www\.)?foursquare\.com/v/\S+", re.I
)
_EDITED = re.compile(
    r"\s*<[^<>:\n]{0,60}(?:edited|bearbeitet|edit[óo]|editad[oa]|modifié|modificat[oa]|bewerkt|düzenlendi"
    r"|edytowan[ao]|zmienion[ao]|zmodyfikowan[ao]|изменено"
    r"|отредактировано|diedit|編集|수정|编辑|編輯|تعديل|נערכה|संपादित|redigera|rediger|upraven|τροποποι|επεξεργ|muokat"
    r"|editat|chỉnh sửa|відредагован|szerkeszt|แก้ไข|ویرایش|एडिट|uređen|urejen|redagu|rediģ|muudet|edycj|diubah)"
    r"[^<>:\n]{0,40}>\s*$",
    re.I,
)
_OWN_DEED = re.compile(
    r"(?:changed|added|left|created|removed|joined|requested to join|pinned|turned|started|ended|updated|is now|hat "
    r"|ha |haben "
    r"|a (?:modifié|ajouté|créé|quitté|changé)"
    r"|cambió|añadió|creó|salió|alterou|mudou|adicionou|criou|saiu|heeft |değiştirdi|ekledi|oluşturdu|zmienił"
    r"|dodał|utworzył"
    r"|ändrade |vaihtoi |megváltoztatta |a schimbat |άλλαξε |đã (?:đổi|thay) |เปลี่ยน"
    r"|změnil|endret |ændrede "
    r"|изменил|добавил|создал|mengubah|menambahkan|membuat|さんが|님이|更改|已?[将將]|غيّر|שינה).*",
    re.I | re.S,
)


_YOUR_DEED = re.compile(
    r"(?:you (?:were |are )?(?:added|removed|changed|created|joined|left|pinned|turned)\b|du (?:wurdest|hast|bist) "
    r"|(?:te |has )(?:añad|agreg|cread|cambiad)|vous avez (?:ajouté|créé|changé|modifié|été ajouté)"
    r"|(?:hai|sei stato) (?:aggiunt|creat|cambiat|modificat)|você (?:adicionou|criou|mudou|foi adicionado|saiu))",
    re.I,
)


def half_of(word: str) -> str | None:
    """ "a" or "p" for a word of the half of the day, "" for one that joins date and time; None for any other."""
    word = re.sub(r"[\s.]", "", word.casefold())
    return "a" if word in MORNING else "p" if word in EVENING else "" if not word or word in JOINING else None


def is_notice(text: str, sender: str) -> bool:
    """Whether a whole message is WhatsApp's own: a deletion, a missed call, a poll, a place, a change of the group."""
    plain = text.strip()
    if plain.casefold().startswith(f"{sender.casefold()} ") and _OWN_DEED.match(plain[len(sender) + 1 :]):
        return True
    return bool(_NOTICES.fullmatch(plain) or _LOCATION.fullmatch(plain))


def is_own_deed(text: str) -> bool:
    """Whether what stands behind somebody's name tells what that person did to the group."""
    return bool(_OWN_DEED.match(text))


def has_deed(text: str) -> bool:
    """Whether somebody's name is followed, within a few words, by what that person did to the group."""
    words = text.split()
    return any(_OWN_DEED.match(" ".join(words[n:])) for n in range(1, min(len(words), 4)))


def is_deed(text: str, people: Collection[str]) -> bool:
    """Whether a whole message tells what somebody did to the group: "Anna added Ben", "You were added"."""
    plain = text.strip()
    names = [name for name in people if plain.casefold().startswith(f"{name.casefold()} ")]
    return bool(plain) and (
        any(_OWN_DEED.match(plain[len(name) + 1 :]) for name in names)
        or bool(_YOUR_DEED.match(plain) or _NOTICES.fullmatch(plain))
    )


def without_additions(text: str) -> str:
    """A message without the remark that it was edited, and with three dots for the coordinates in it."""
    return without_coordinates(_EDITED.sub("", text))
