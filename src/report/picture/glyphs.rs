//! Letters as strokes, so that no font has a say in a picture.
//!
//! A glyph is polylines, each a run of points with two digits: to the right from 0 to 4,
//! and down from 0, the height of a capital, over 6, the baseline, to 8.

/// A space, and the gap between two letters.
const SPACE: i32 = 3;
const GAP: i32 = 2;

/// The strokes of letters; what is missing here is drawn as a box.
const GLYPHS: [(char, &str); 98] = [
    ('!', "2023 2526"),
    ('"', "1012 3032"),
    ('#', "1016 3036 0242 0444"),
    ('$', "413010010213334445361605 2026"),
    ('%', "4006 0010110100 3545463635"),
    ('&', "4602011021220405162644"),
    ('\'', "2022"),
    ('(', "30212536"),
    (')', "10212516"),
    ('*', "2125 0244 4204"),
    ('+', "0343 2125"),
    (',', "252617"),
    ('-', "1333"),
    ('.', "1525261615"),
    ('/', "4006"),
    ('0', "103041453616050110"),
    ('1', "112026 1636"),
    ('2', "01103041420646"),
    ('3', "01103041423313 334445361605"),
    ('4', "36300444"),
    ('5', "40000312324345361605"),
    ('6', "413010010516364544331304"),
    ('7', "004016"),
    ('8', "103041423313020110 1304051636454433"),
    ('9', "423313020110304145361605"),
    (':', "2223 2526"),
    (';', "2223 252617"),
    ('<', "410345"),
    ('=', "0242 0444"),
    ('>', "014305"),
    ('?', "01103041422324 2526"),
    ('@', "343212144441301001051646"),
    ('A', "0602204246 0444"),
    ('B', "00063645443303 3342413000"),
    ('C', "4130100105163645"),
    ('D', "00063645413000"),
    ('E', "40000646 0333"),
    ('F', "400006 0333"),
    ('G', "41301001051636454323"),
    ('H', "0006 4046 0343"),
    ('I', "1030 2026 1636"),
    ('J', "4045361605"),
    ('K', "0006 4004 1346"),
    ('L', "000646"),
    ('M', "0600224046"),
    ('N', "06004640"),
    ('O', "103041453616050110"),
    ('P', "06003041423303"),
    ('Q', "103041453616050110 2446"),
    ('R', "06003041423303 2346"),
    ('S', "413010010213334445361605"),
    ('T', "0040 2026"),
    ('U', "000516364540"),
    ('V', "002640"),
    ('W', "0006244640"),
    ('X', "0046 4006"),
    ('Y', "002340 2326"),
    ('Z', "00400646"),
    ('[', "30101636"),
    ('\\', "0046"),
    (']', "10303616"),
    ('^', "022042"),
    ('_', "0646"),
    ('`', "1021"),
    ('a', "12324346 441405163645"),
    ('b', "00063645433202"),
    ('c', "4332120305163645"),
    ('d', "40461605031242"),
    ('e', "044443321203051636"),
    ('f', "302126 1232"),
    ('g', "421203051646 42473818"),
    ('h', "0006 02324346"),
    ('i', "2226 2021"),
    ('j', "222718 2021"),
    ('k', "0006 4205 1446"),
    ('l', "202536"),
    ('m', "0602122326 23324346"),
    ('n', "0602324346"),
    ('o', "123243453616050312"),
    ('p', "0208 023243453606"),
    ('q', "4248 421203051646"),
    ('r', "0602 031232"),
    ('s', "4212031434453606"),
    ('t', "202536 1232"),
    ('u', "02051646 4246"),
    ('v', "022642"),
    ('w', "0216233642"),
    ('x', "0246 4206"),
    ('y', "0226 4218"),
    ('z', "02420646"),
    ('{', "30212213242536"),
    ('|', "2026"),
    ('}', "10212233242516"),
    ('~', "04133443"),
    ('−', "0343"),
    ('×', "1335 3315"),
    ('→', "0343 324334"),
    ('…', "0506 2526 4546"),
];

const MISSING: &str = "0040460600 0046";

/// Strokes, each a run of points.
pub(super) type Strokes = Vec<Vec<[i32; 2]>>;

fn glyph(letter: char) -> Strokes {
    let known = GLYPHS.iter().find(|(known, _)| *known == letter);
    let strokes = known.map_or(MISSING, |(_, strokes)| strokes).split(' ');
    let digit = |byte: u8| i32::from(byte) - i32::from(b'0');
    let point = |pair: &[u8]| [digit(pair[0]), digit(pair[1])];
    strokes.map(|stroke| stroke.as_bytes().chunks_exact(2).map(point).collect()).collect()
}

/// How wide a text is, with letters of units so large.
pub(super) fn width(text: &str, unit: i32) -> i32 {
    (text.chars().map(advance).sum::<i32>() - GAP).max(0) * unit
}

fn advance(letter: char) -> i32 {
    if letter == ' ' {
        return SPACE + GAP;
    }
    let [left, right] = extent(&glyph(letter));
    right - left + GAP
}

fn extent(strokes: &Strokes) -> [i32; 2] {
    let columns = || strokes.iter().flatten().map(|[x, _]| *x);
    [columns().min().unwrap_or(0), columns().max().unwrap_or(0)]
}

/// A text from a place on its baseline.
pub(super) fn write(text: &str, [mut x, y]: [i32; 2], unit: i32) -> Strokes {
    let mut written = Vec::new();
    for letter in text.chars() {
        if letter != ' ' {
            let strokes = glyph(letter);
            let [left, _] = extent(&strokes);
            let at = |[right, down]: &[i32; 2]| [x + (right - left) * unit, y + (down - 6) * unit];
            written.extend(strokes.iter().map(|stroke| stroke.iter().map(at).collect::<Vec<_>>()));
        }
        x += advance(letter) * unit;
    }
    written
}

/// A text shortened in its end to fit a width.
pub(super) fn shortened(text: &str, room: i32, unit: i32) -> String {
    if width(text, unit) <= room {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut taken = advance('…') * unit;
    for letter in text.chars() {
        taken += advance(letter) * unit;
        if taken > room {
            break;
        }
        short.push(letter);
    }
    short.trim_end().to_owned() + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_ascii_has_strokes_of_its_own() {
        for letter in '!'..='~' {
            let strokes = glyph(letter);
            assert_ne!(strokes, glyph('\u{7f}'), "{letter}");
            assert!(strokes.iter().all(|stroke| stroke.len() > 1), "{letter}");
            let inside = |[x, y]: &[i32; 2]| (0..=4).contains(x) && (0..=8).contains(y);
            assert!(strokes.iter().flatten().all(inside), "{letter}");
        }
    }

    #[test]
    fn texts_are_shortened_to_their_room() {
        assert_eq!(shortened("zone door", 1000, 5), "zone door");
        let short = shortened("a zone with a long name", 200, 5);
        assert!(short.ends_with('…') && width(&short, 5) <= 200, "{short}");
        assert_eq!(width("", 5), 0);
    }
}
