"""The invented shop's products: what they are called on each platform, what they cost, and what customers say of them.

Tern & Hollow is a small seller of outdoor, electronic, home and clothing goods under four brands of its own; 屿棠
is its shop on a Chinese marketplace. Neither exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sample_data.texts_en import lines
from sample_data.texts_zh import ProductZh


@dataclass(frozen=True)
class Product:
    """One product of the shop.

    `key` is the Shopify handle or, for the Chinese shop, a short slug. `parts` are things a review can speak of
    (a trailing `+` marks a plural), `said` whole sentences that fit only this product, `gripes` complaints each of
    which one customer may have; `plain` neutral remarks. `weight` is the share of orders, `reviews` how many it gets.
    """

    key: str
    title: str
    brand: str
    kind: str
    category: str
    price: str
    cost: str
    grams: int
    option: str
    values: tuple[str, ...]
    code: str
    weight: int
    reviews: int
    parts: tuple[str, ...]
    said: tuple[str, ...]
    gripes: tuple[str, ...]
    plain: tuple[str, ...] = ()
    asin: str = ""
    about: str = ""

    @property
    def skus(self) -> tuple[str, ...]:
        """One stock keeping unit per option value, in the order of `values`."""
        return tuple(f"{self.code}-{number:02d}" for number in range(1, len(self.values) + 1))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))


PRODUCTS: tuple[Product, ...] = (
    Product(
        "ostrel-glowhaven-camping-lantern",
        "Ostrel Glowhaven Camping Lantern",
        "Ostrel",
        "Lighting",
        "Sporting Goods > Outdoor Recreation > Camping & Hiking > Camping Lights & Lanterns",
        "36.00",
        "13.40",
        420,
        "Color",
        ("Moss", "Sand"),
        "OST-GLH",
        15,
        72,
        _parts(
            "warm light, dimmer, folding hook, magnet in the base, frosted globe, carry handle, red night mode,"
            " brightness, size, matte finish, big dial, rubber feet+, soft glow, USB-C port"
        ),
        lines("""
            Lights up our whole family tent without blinding anyone.
            Hangs from the ridge pole like it was made for it.
            The warm setting makes camp feel like a living room.
            Kids use it as a night light at home.
            We play cards under it every evening.
            Small enough to disappear in a side pocket.
            Dropped it on rocks and it only got a scuff.
            {who} reads by it in the hammock.
            The magnet holds it under the car hood, saved me during a tire change.
            Gives a lovely soft light for dinner on the porch.
            Bugs seem to care less about the amber mode.
            Bright enough to cook by.
            It stood through a night of sideways rain.
            The dial is easy to turn with gloves on.
            Put it in the emergency kit, and used it twice already.
            Moss green is a gorgeous color.
            The light is even, no harsh spots.
            Turned our picnic table into a little restaurant.
            My go-to for checking on the chickens.
            Clips on anything.
            Hung two of them over the deck for a birthday, guests loved it.
            Works as a flashlight for the walk to the outhouse, too.
            The red mode keeps the moths and the neighbors happy.
            I like that it stands on uneven ground without tipping.
            On the lowest step it is like moonlight.
            Wiped the mud off and it looks new.
            Sits on my workbench on weekdays and in the tent on weekends.
            {who} took it sailing and it came back salty but fine.
            We found the spare tent pegs at midnight thanks to this.
            It folds flat enough to slide behind the driver's seat.
        """),
        lines("""
            The hook is so stiff I broke a nail.
            It buzzes faintly on the lowest setting.
            The globe scratches if you look at it.
            Dial turned itself on inside my bag.
            Rubber foot came unglued.
        """),
        lines("""
            It gives light.
            Brightness is about the same as my old one.
            Use it mostly in the shed.
            Haven't tried the red mode.
        """),
        "B0TH0LNT01",
        "A dimmable lantern with a warm glow, a folding hook and a magnetic base.",
    ),
    Product(
        "ostrel-ridgebeam-headlamp",
        "Ostrel Ridgebeam Headlamp",
        "Ostrel",
        "Lighting",
        "Sporting Goods > Outdoor Recreation > Camping & Hiking > Camping Lights & Lanterns",
        "29.00",
        "10.10",
        96,
        "Color",
        ("Slate", "Signal Orange"),
        "OST-RBH",
        11,
        44,
        _parts(
            "beam, tilt, red light, one-button control, flood mode, weight, lamp housing, focus, lock switch,"
            " brightness, throw, charging light"
        ),
        lines("""
            Throws light a good eighty yards down the trail.
            So light I left it on my head at dinner.
            The red mode doesn't wake the tent.
            Made the night shift under the sink bearable.
            Tilt clicks into place and stays.
            One button, no manual needed.
            Walked the dog with it all winter.
            Found three lost keys with this already.
            The beam is white and wide, no rings.
            Survived a dunk in the creek.
            Perfect for early morning runs.
            {who} wears it to change diapers at 3 am.
            Bright enough for caving with the scouts.
            Fixed the boiler with it.
            Reads maps without glare.
            Helped deliver a calf at 2 am, no joke.
            Light enough for kids, ours fight over it.
            Changing a bike tube in the dark was almost fun.
            Flood mode is perfect inside the tent.
            Reflective print on the side is a clever idea.
            The spot picks out trail markers from far away.
            Attic cleaning made easy.
            Snow shoveling at 5 am with both hands free.
        """),
        lines("""
            The button is hard to find with gloves.
            Red mode is buried behind four clicks.
            Case fogged up in the cold.
            Tilt joint squeaks.
        """),
        lines("""
            Beam is similar to others in this range.
            Used it for one camping trip so far.
            Works as a reading light too.
        """),
        "B0TH0LNT02",
        "A light rechargeable headlamp with spot, flood and red modes.",
    ),
    Product(
        "ostrel-tin-drum-bluetooth-speaker",
        "Ostrel Tin Drum Bluetooth Speaker",
        "Ostrel",
        "Audio",
        "Electronics > Audio > Speakers",
        "45.00",
        "17.20",
        510,
        "Color",
        ("Brick", "Charcoal"),
        "OST-TDS",
        8,
        11,
        _parts("bass, sound, volume, leather strap, knob, pairing, look, stereo mode, weight, grille"),
        lines("""
            Fills the kitchen without sounding boomy.
            Vocals come through really clear.
            Paired with my phone in two seconds.
            The turning knob is so satisfying.
            Played all through the barbecue.
            {who} danced in the garage to it.
            Radio plays sound great on it.
            Bass is bigger than the thing itself.
        """),
        lines("""
            Announces 'power on' at a volume that wakes the street.
            Cuts out when I walk to the next room.
            The strap smells of shoe polish.
            Tinny at high volume.
            Won't remember my tablet.
        """),
        lines("""
            Sound is fine for podcasts.
            Volume goes high enough for a small room.
        """),
        "",
        "A small speaker with a big knob and a leather strap.",
    ),
    Product(
        "ostrel-pebble-power-bank-10000",
        "Ostrel Pebble Power Bank 10000",
        "Ostrel",
        "Power",
        "Electronics > Electronics Accessories > Power > Power Banks",
        "32.00",
        "12.80",
        190,
        "Color",
        ("Stone", "Ink"),
        "OST-PPB",
        9,
        10,
        _parts("size, rounded shape, capacity, display, charging speed, grip, weight, cable loop"),
        lines("""
            Charges my phone twice and then some.
            Feels like a river stone in the pocket.
            Kept the whole family connected on the train.
            The number display is exact, no guessing with dots.
            Fast charging really is fast.
            Carried it through airport security without a question.
            Still half full after a weekend at {outdoors}.
        """),
        lines("""
            The ports are so close together that two thick plugs won't fit.
            Gets warm in the pocket.
            Display is unreadable in the sun.
            Scratched by my keys on day one.
        """),
        lines("""
            Capacity seems about right.
            Weighs what they all weigh.
        """),
        "B0TH0LNT03",
        "Ten thousand milliampere hours in the shape of a pebble.",
    ),
    Product(
        "ostrel-breeze-desk-fan",
        "Ostrel Breeze Desk Fan",
        "Ostrel",
        "Home Appliances",
        "Home & Garden > Household Appliances > Climate Control Appliances > Fans",
        "28.00",
        "9.90",
        640,
        "Color",
        ("White", "Sage"),
        "OST-BDF",
        7,
        24,
        _parts("lowest speed, tilt, airflow, quiet motor, timer, base, design, blades+"),
        lines("""
            I can take calls with it running.
            The sage green goes with my plants.
            Moves more air than its size suggests.
            {who} sleeps with it on.
            Got us through the heat wave.
            Easy to take apart for dusting.
        """),
        lines("""
            Starts to tick at the top speed.
            The cord is shorter than my patience.
            Tips over if you breathe on it.
            Timer resets every time you unplug.
            Grille rattles.
        """),
        lines("""
            Cools about as much as a small fan can.
            Three speeds, I use one.
        """),
        "",
        "A quiet fan for the desk with three speeds and a timer.",
    ),
    Product(
        "ostrel-clip-reading-light",
        "Ostrel Clip Reading Light",
        "Ostrel",
        "Lighting",
        "Home & Garden > Lighting > Lamps",
        "18.00",
        "5.60",
        85,
        "Color",
        ("Cream", "Black"),
        "OST-CRL",
        7,
        9,
        _parts("clip, bendy neck, amber tone, touch button, size, brightness steps+"),
        lines("""
            Reads in bed without waking {who}.
            Clips to thick hardcovers with no trouble.
            Amber light is easy on my eyes.
            Neck stays where you bend it.
            Took it on a night flight, loved it.
            Sheet music on stage, perfectly lit.
        """),
        lines("""
            Clip left a dent in my paperback.
            Touch button reacts to everything except touch.
            Flickers on the middle step.
            Too heavy for thin books.
        """),
        lines("""
            Bright enough for one page at a time.
            Same as most clip lights.
        """),
        "",
        "A clip-on light with an amber tone for reading in bed.",
    ),
    Product(
        "ostrel-sunrise-alarm-clock",
        "Ostrel Sunrise Alarm Clock",
        "Ostrel",
        "Clocks",
        "Home & Garden > Decor > Clocks > Alarm Clocks",
        "49.00",
        "18.90",
        560,
        "Color",
        ("Oak", "Walnut"),
        "OST-SAC",
        6,
        9,
        _parts("sunrise light, wood look, birdsong, snooze, display dimming, glow, menu, nightstand size"),
        lines("""
            Waking up in January is humane again.
            The birdsong fooled our cat.
            Light grows so gently that I wake before the sound.
            Looks like furniture and not like a gadget.
            {who} no longer needs three phone alarms.
            Goes fully dark at night, thank you!
        """),
        lines("""
            Setting the time needs a degree.
            Loses two minutes a month.
            The snooze bar clicks loud enough to wake everyone.
            Birds sound like a fax machine.
        """),
        lines("""
            Sunrise is nice, radio is average.
            Wakes me on most days.
        """),
        "",
        "Wakes you with light that grows over half an hour.",
    ),
    Product(
        "ostrel-braided-charging-cable-3-pack",
        "Ostrel Braided Charging Cable 3-Pack",
        "Ostrel",
        "Cables",
        "Electronics > Electronics Accessories > Cables",
        "16.00",
        "4.30",
        110,
        "Length",
        ("3 ft", "6 ft"),
        "OST-BCC",
        12,
        10,
        _parts("braiding, length, plugs+, color tags+, strain relief, flexibility"),
        lines("""
            Survived the puppy.
            One for home, one for the car, one for {who}.
            The colored ends mean no more fights over whose is whose.
            Lies flat and never tangles.
            Plugs fit through my thick phone case.
            Six foot one reaches the couch, finally.
        """),
        lines("""
            One of the three charges at half the speed of the others.
            Plug is loose in my tablet.
            Braid frayed at the end.
            Too stiff for the nightstand.
        """),
        lines("""
            They are cables, they carry electricity.
            Two in use, the third in a drawer.
        """),
        "B0TH0LNT04",
        "Three braided USB-C cables with colored ends.",
    ),
    Product(
        "vindlow-quillback-daypack-22l",
        "Vindlow Quillback Daypack 22L",
        "Vindlow",
        "Bags",
        "Luggage & Bags > Backpacks",
        "64.00",
        "24.50",
        720,
        "Color",
        ("Fern", "Dusk"),
        "VIN-QBD",
        0,
        52,
        _parts(
            "back panel, side pockets+, chest strap, laptop sleeve, hip belt, zippers+, top flap, bottle holder,"
            " shoulder straps+, organizer pocket, fit, weight, look, haul loop"
        ),
        lines("""
            Carries ten kilos like it's nothing.
            My back doesn't sweat half as much as with the old one.
            Swallows a jacket, lunch, camera and a thermos.
            Fits under the airplane seat.
            Pockets are exactly where my hands go.
            Straps don't dig in.
            {who} uses it for school and I use it for the weekend.
            Went up and down three peaks with it.
            Looks good enough for the office.
            Zips open wide so I can see everything.
            The bottle comes out without dislocating a shoulder.
            Fern green is even nicer in real life.
            Chest strap has a whistle, kids adore it.
            Walked 20 miles a day and no sore shoulders.
            The sleeve takes my 15 inch laptop with its case.
            Everything has a place and I stopped digging for keys.
            Light enough that I take it even for a short stroll.
            I like that the belt tucks away.
            My third summit with it, still looks clean.
            The haul loop is strong enough to hang it from a branch.
            {who} carried the baby stuff in it for a whole vacation.
            Dusk is a lovely shade between blue and purple.
            The back panel is stiff in a good way.
        """),
        lines("""
            Zipper pull broke off.
            The hip belt gets in the way on the bus.
            Bottle pocket is too shallow for a big bottle.
            Shoulder strap stitching came loose.
        """),
        lines("""
            Enough room for a day, not for two.
            Has the usual pockets.
            Using it as a gym bag at the moment.
        """),
        "B0TH0LNT05",
        "A 22 liter pack with a sealed lining (new from January 2026), a laptop sleeve and a hip belt.",
    ),
    Product(
        "vindlow-trail-tarp-3x3",
        "Vindlow Trail Tarp 3x3",
        "Vindlow",
        "Shelters",
        "Sporting Goods > Outdoor Recreation > Camping & Hiking > Tents",
        "54.00",
        "21.00",
        690,
        "Color",
        ("Pine", "Rust"),
        "VIN-TRT",
        6,
        28,
        _parts("fabric, guy lines+, tie-out loops+, stuff sack, size, corner stitching, color, ridge seam"),
        lines("""
            Sets up in five minutes once you know the knots.
            Covers our picnic table exactly.
            Kept the firewood covered for a week.
        """),
        lines("""
            Guy lines were tangled out of the bag.
            One loop sits off center.
            Stuff sack is a tight squeeze.
        """),
        lines("""
            It's a tarp.
            Good in the shade, flaps in the wind.
            Lighter than canvas, heavier than the fancy ones.
            Nice when pitched low, awkward when pitched high.
            Some will love the size, I find it in between.
            Fabric is thin but it has not torn.
            Colors are fine, pegs are basic.
            You need to bring your own poles, as stated.
            Works as a ground sheet as well.
            Does what a tarp does.
            Lines are reflective, which is something.
            Folds up to the size of a loaf of bread.
            Takes practice to get it taut.
            Good for one or two people, tight for four.
            Rain runs off if you pitch it steep, pools if you don't.
            Would work for the beach, for alpine stuff I'd look further.
        """),
        "",
        "A square tarp of three by three meters with nine tie-outs.",
    ),
    Product(
        "vindlow-hush-hammock",
        "Vindlow Hush Hammock",
        "Vindlow",
        "Camping Furniture",
        "Sporting Goods > Outdoor Recreation > Camping & Hiking",
        "48.00",
        "17.60",
        560,
        "Color",
        ("Lagoon", "Clay"),
        "VIN-HSH",
        7,
        10,
        _parts("fabric, tree straps+, stuff pouch, carabiners+, width, stitching"),
        lines("""
            Fell asleep in it within four minutes.
            Holds {who} and the dog.
            Straps go around our fat old oak easily.
            Sets up faster than the coffee boils.
            Nothing squeaks, the name is right.
            Best nap of my life.
        """),
        lines("""
            Carabiner had a sharp edge.
            Fabric clings when it's hot.
            Straps are too short for big trees.
            Seam popped at the foot end.
        """),
        lines("""
            Hangs between two trees as expected.
            Comfortable for an hour or so.
        """),
        "B0TH0LNT06",
        "A wide hammock with tree straps that spare the bark.",
    ),
    Product(
        "vindlow-ember-cook-set",
        "Vindlow Ember Cook Set",
        "Vindlow",
        "Camp Kitchen",
        "Sporting Goods > Outdoor Recreation > Camping & Hiking > Camping Cookware",
        "42.00",
        "16.30",
        780,
        "Size",
        ("Solo", "Duo"),
        "VIN-ECS",
        6,
        8,
        _parts("small pot, folding handles+, nesting, pan, mesh bag, measuring marks+, pot lid"),
        lines("""
            Pancakes at sunrise, no sticking.
            Everything nests and nothing clinks.
            Boils water for two in three minutes.
            Handles stay cool.
            {who} made a risotto in it at {outdoors}.
        """),
        lines("""
            Coating scratched on the first trip.
            Pan is too thin, eggs burn in the middle.
            Bag tore at the seam.
            Pot handle wobbles.
        """),
        lines("""
            A pot and a pan.
            Solo really means solo.
        """),
        "",
        "Nesting pots and a pan with folding handles.",
    ),
    Product(
        "vindlow-meadow-picnic-blanket",
        "Vindlow Meadow Picnic Blanket",
        "Vindlow",
        "Outdoor Textiles",
        "Home & Garden > Linens & Bedding > Bedding > Blankets",
        "39.00",
        "14.20",
        980,
        "Pattern",
        ("Heather", "Stripe"),
        "VIN-MPB",
        6,
        9,
        _parts("backing, size, carry strap, pattern, padding, fold"),
        lines("""
            Big enough for six and a cake.
            Grass was wet, we weren't.
            Rolls up small and the strap actually fits around it.
            Sand shakes right off.
            Survived red wine at {outdoors}.
            Every summer concert since.
        """),
        lines("""
            Lint everywhere on the first use.
            Strap stitching pulled out.
            Slides around on grass.
            Corner curls up.
        """),
        lines("""
            It covers the ground.
            Padding is thin, but it's a blanket.
        """),
        "",
        "A padded blanket with a coated back.",
    ),
    Product(
        "vindlow-dry-bag-set",
        "Vindlow Dry Bag Set",
        "Vindlow",
        "Bags",
        "Sporting Goods > Outdoor Recreation > Boating & Water Sports",
        "27.00",
        "8.70",
        310,
        "Set",
        ("3 piece",),
        "VIN-DBS",
        6,
        8,
        _parts("roll closure, sizes+, window strip, clip, colors+, material"),
        lines("""
            The three sizes cover everything from phone to sleeping bag.
            Clips to my board without flapping.
            Sorting by color keeps the boat tidy.
            Window strip lets me see what is where.
            {who} uses the small one for the beach.
        """),
        lines("""
            Buckle cracked in the cold.
            Largest one is smaller than I imagined.
            Window strip yellowed.
        """),
        lines("""
            Three bags, three sizes.
            Haven't sunk them on purpose.
        """),
        "",
        "Three roll-top bags for the boat and the beach.",
    ),
    Product(
        "vindlow-switchback-trekking-poles",
        "Vindlow Switchback Trekking Poles",
        "Vindlow",
        "Hiking Gear",
        "Sporting Goods > Outdoor Recreation > Camping & Hiking > Hiking Poles",
        "59.00",
        "22.80",
        540,
        "Grip",
        ("Cork", "Foam"),
        "VIN-STP",
        6,
        9,
        _parts("cork grips+, flip locks+, tips+, length marks+, wrist loops+, weight"),
        lines("""
            Saved my knees on the way down.
            Locks held all week without slipping an inch.
            Cork feels better every day.
            My father crossed a river on these at 71.
            Folded into my carry-on.
            Hardly notice them in my hands.
        """),
        lines("""
            Tip cap vanished on the first hill.
            One lock needed a screwdriver.
            Loops rub my wrists.
            They rattle on pavement.
        """),
        lines("""
            They hold me up.
            Comparable to the rental ones.
        """),
        "B0TH0LNT07",
        "Folding poles with cork or foam grips.",
    ),
    Product(
        "vindlow-perch-camp-stool",
        "Vindlow Perch Camp Stool",
        "Vindlow",
        "Camping Furniture",
        "Sporting Goods > Outdoor Recreation > Camping & Hiking > Camp Furniture",
        "31.00",
        "11.10",
        870,
        "Color",
        ("Olive", "Ochre"),
        "VIN-PCS",
        6,
        8,
        _parts("seat, legs+, fold, height, carry loop, fabric"),
        lines("""
            Holds 240 pounds of me.
            Opens in one flick.
            Perfect for the sidelines.
            Lives in my trunk for parades.
            {who} paints outdoors sitting on it.
        """),
        lines("""
            Seat sags after an hour.
            Feet sink into sand.
            Wobbles on gravel.
            Pinched my finger folding it.
        """),
        lines("""
            You can sit on it.
            Lower than a chair, higher than the ground.
        """),
        "",
        "A folding stool that opens in one move.",
    ),
    Product(
        "marrowby-commuter-tumbler-16oz",
        "Marrowby Commuter Tumbler 16 oz",
        "Marrowby",
        "Drinkware",
        "Home & Garden > Kitchen & Dining > Tableware > Drinkware > Tumblers",
        "27.00",
        "8.80",
        340,
        "Color",
        ("Oat", "Ink", "Rosewood"),
        "MAR-CTM",
        13,
        47,
        _parts(
            "insulation, shape, powder coating, color, size, steel interior, wide mouth, weight, grip,"
            " soft base, look, feel in the hand"
        ),
        lines("""
            Coffee is still hot at lunch.
            Ice cubes survived an entire workday.
            Fits the cup holder in my old truck.
            No metallic taste at all.
            Feels nice in the hand, almost like suede.
            Rosewood is a beautiful shade.
            Dropped it down the stairs, not a mark on it.
            Cleans easily with a bottle brush.
            I get the refill discount at my cafe now.
            {who} has the oat one and I have ink.
            Keeps iced tea cold through a whole ball game.
            Base does not clank on the desk.
            Holds exactly one big mug from our machine.
            Sixteen ounces is just right.
            Goes with me to every meeting.
            The powder finish hides fingerprints.
            Matcha, coffee, soup, it takes everything.
            My hand doesn't freeze on it when there is ice inside.
            The mouth is wide enough for real ice cubes.
            Replaced a drawer full of promo cups.
            Looks grown up on the conference table.
            Keeps cocoa hot through a whole hockey practice.
        """),
        lines("""
            Coating chipped at the bottom.
            Too tall for my machine.
            Dishwasher dulled the color.
            Paint rubbed off on my hand.
        """),
        lines("""
            Keeps things warm for a while.
            It's a cup.
            Insulation about average.
        """),
        "B0TH0LNT08",
        "An insulated steel cup for the way to work.",
    ),
    Product(
        "marrowby-ladder-shelf",
        "Marrowby Ladder Shelf",
        "Marrowby",
        "Furniture",
        "Furniture > Shelving > Bookcases & Standing Shelves",
        "94.00",
        "39.00",
        9800,
        "Finish",
        ("Oak", "Black"),
        "MAR-LDS",
        8,
        42,
        _parts(
            "oak finish, slim look, lower shelves+, depth, steel frame, wood grain, height, footprint, edges+,"
            " proportions+"
        ),
        lines("""
            Turned a dead corner into my favorite spot.
            Plants love it there, so do I.
            Holds all my cookbooks without bowing.
            Looks three times the price.
            Steel frame is heavy in a good way.
            Goes with everything in the living room.
            Cat approved.
            {who} thought it was from a design store.
            Black finish hides dust nicely.
            Took up no floor space in our hallway.
            Smells of real wood.
            Stands rock solid.
            Painted the wall behind it just to show it off.
            Perfect for records on the bottom and plants on top.
            Our toddler tested it, it passed.
            The grain is different on each board, really pretty.
            Slim enough for the bathroom.
            My landlord asked where it's from.
            Makes our rental look like a home.
        """),
        lines("""
            Top shelf scratches easily.
            One board has a knot I don't love.
            Finish is uneven on the back.
            Too shallow for my record player.
        """),
        lines("""
            It holds books.
            Fine for a rental.
            Looks good from a distance.
        """),
        "",
        "A leaning shelf with five boards; you put it together yourself.",
    ),
    Product(
        "marrowby-stovetop-kettle",
        "Marrowby Stovetop Kettle",
        "Marrowby",
        "Kitchen",
        "Home & Garden > Kitchen & Dining > Cookware & Bakeware > Cookware > Stovetop Kettles",
        "44.00",
        "17.00",
        1100,
        "Color",
        ("Enamel White",),
        "MAR-STK",
        2,
        4,
        _parts("whistle, enamel, pour, handle"),
        lines("""
            Whistles in tune, nearly.
            Pours in a neat thin stream.
            Looks like it came from my grandmother's stove.
            Heats up fast on induction.
        """),
        lines("""
            The handle came off in my hand with two quarts of boiling water in it. I have burns on my foot. This is dangerous!!
        """),
        lines("""
            Boils water.
        """),
        "",
        "An enamelled kettle with a whistle.",
    ),
    Product(
        "marrowby-linen-throw",
        "Marrowby Linen Throw",
        "Marrowby",
        "Textiles",
        "Home & Garden > Linens & Bedding > Bedding > Blankets",
        "52.00",
        "20.10",
        760,
        "Color",
        ("Flax", "Slate Blue"),
        "MAR-LNT",
        6,
        9,
        _parts("weave, fringe, weight, texture, drape, size"),
        lines("""
            Softer after every wash.
            Just the right weight for a summer evening.
            The fringe is hand knotted, lovely.
            Lives on the reading chair.
            {who} naps under it daily.
            The dog has claimed it.
        """),
        lines("""
            Snagged on my ring the first night.
            Shorter than I expected.
            Scratchy against bare skin.
            Wrinkles if you look at it.
        """),
        lines("""
            It's linen, so it creases.
            More decoration than blanket.
        """),
        "",
        "A washed linen throw with a knotted fringe.",
    ),
    Product(
        "marrowby-stoneware-mug-set",
        "Marrowby Stoneware Mug Set",
        "Marrowby",
        "Drinkware",
        "Home & Garden > Kitchen & Dining > Tableware > Drinkware > Mugs",
        "38.00",
        "13.90",
        1650,
        "Glaze",
        ("Speckle", "Tide"),
        "MAR-SMS",
        7,
        10,
        _parts("glaze, handles+, thumb rest, weight, size, rim"),
        lines("""
            Every mug is a little different, which I love.
            Handle fits three of my fingers.
            Cocoa just tastes better in these.
            They stack without wobbling.
            Tide glaze looks like the sea in winter.
            Came through the dishwasher forty times, still glossy.
        """),
        lines("""
            One has a rough spot on the rim.
            Gets too hot to hold in the microwave.
            Heavier than dumbbells.
            Glaze has pinholes.
        """),
        lines("""
            Mugs. Four of them.
            Holds a normal amount of coffee.
        """),
        "",
        "Four stoneware mugs with a thumb rest.",
    ),
    Product(
        "marrowby-bamboo-cutting-board",
        "Marrowby Bamboo Cutting Board",
        "Marrowby",
        "Kitchen",
        "Home & Garden > Kitchen & Dining > Kitchen Tools & Utensils > Cutting Boards",
        "33.00",
        "11.70",
        1450,
        "Size",
        ("Medium", "Large"),
        "MAR-BCB",
        8,
        9,
        _parts("juice groove, size, weight, finger holes+, surface, edges+"),
        lines("""
            Knife marks hardly show.
            Groove catches all of the tomato.
            Big enough for a whole chicken.
            Oil it once a month and it glows.
            {who} uses it for serving cheese.
            Doesn't slide on the counter.
        """),
        lines("""
            Warped slightly after one wash.
            Splintered at the edge.
            Juice groove is too shallow.
            Stains from beets stay.
        """),
        lines("""
            Cuts are cut on it.
            Similar to the one I had.
        """),
        "B0TH0LNT09",
        "A thick bamboo board with a juice groove.",
    ),
    Product(
        "marrowby-desk-organizer",
        "Marrowby Desk Organizer",
        "Marrowby",
        "Office",
        "Office Supplies > Filing & Organization > Desk Organizers",
        "26.00",
        "8.90",
        690,
        "Finish",
        ("Ash", "Walnut"),
        "MAR-DOG",
        6,
        9,
        _parts("pen slot, phone groove, drawer, size, felt lining, finish"),
        lines("""
            My desk can be seen again.
            Phone stands at a good angle for calls.
            Felt keeps everything from rattling.
            Drawer holds exactly my sticky notes.
            {who} asked where I got it.
        """),
        lines("""
            Drawer sticks.
            Pen slot too narrow for markers.
            Felt peels in one corner.
        """),
        lines("""
            Holds pens.
            My desk is still a mess, but that's me.
        """),
        "",
        "Slots, a drawer and a groove for the phone.",
    ),
    Product(
        "marrowby-hearth-candle-trio",
        "Marrowby Hearth Candle Trio",
        "Marrowby",
        "Home Fragrance",
        "Home & Garden > Decor > Home Fragrances > Candles",
        "29.00",
        "9.20",
        900,
        "Scent",
        ("Cedar & Fig", "Rain & Moss"),
        "MAR-HCT",
        8,
        10,
        _parts("cedar scent, jars+, burn time, wicks+, gift box, wax"),
        lines("""
            Smells like a cabin without the mice.
            Burns evenly to the very bottom.
            Not headachy like most candles.
            I reuse the jars for tea.
            {who} guessed cedar straight away.
            One is enough for the whole living room.
        """),
        lines("""
            Wick drowned in wax.
            Barely any scent unless you sniff the jar.
            Soot on my wall.
            Label won't come off.
        """),
        lines("""
            Scent is faint, maybe that's good.
            Pretty on the table.
        """),
        "",
        "Three soy candles in reusable jars.",
    ),
    Product(
        "marrowby-pour-over-set",
        "Marrowby Pour-Over Set",
        "Marrowby",
        "Coffee",
        "Home & Garden > Kitchen & Dining > Kitchen Appliances > Coffee Makers",
        "41.00",
        "15.40",
        930,
        "Color",
        ("Clear", "Smoke"),
        "MAR-POS",
        6,
        9,
        _parts("glass carafe, steel filter, wooden collar, spout, size, pour"),
        lines("""
            No more paper filters, hooray.
            Brews a clean cup in four minutes.
            Collar stays cool enough to hold.
            Sunday mornings are for this.
            {who} gave up the pod machine.
            Looks like a chemistry set in a good way.
        """),
        lines("""
            Fine grounds get through the filter.
            Collar smelled of varnish.
            Hard to clean inside.
            Carafe is smaller than two real cups.
        """),
        lines("""
            Makes coffee.
            Slower than my machine, cheaper too.
        """),
        "",
        "A glass carafe with a steel filter.",
    ),
    Product(
        "marrowby-waxed-lunch-bag",
        "Marrowby Waxed Lunch Bag",
        "Marrowby",
        "Bags",
        "Home & Garden > Kitchen & Dining > Food Storage > Lunch Boxes & Totes",
        "24.00",
        "7.90",
        240,
        "Color",
        ("Tan", "Forest"),
        "MAR-WLB",
        7,
        8,
        _parts("waxed canvas, buckle, roll top, lining, size, patina"),
        lines("""
            Looks better the more I beat it up.
            Rolls down when it's empty.
            Holds two sandwiches and an apple.
            No one at work has the same one.
            {who} carries paint brushes in it.
        """),
        lines("""
            Buckle is fiddly with cold hands.
            Wax came off on my shirt.
            Crumbs hide in the lining.
        """),
        lines("""
            Carries lunch.
            Smells of wax for a bit.
        """),
        "",
        "A roll-top bag of waxed canvas.",
    ),
    Product(
        "pellin-fieldstone-zip-hoodie",
        "Pellin Fieldstone Zip Hoodie",
        "Pellin",
        "Outerwear",
        "Apparel & Accessories > Clothing > Outerwear",
        "62.00",
        "23.60",
        610,
        "Size",
        ("S", "M", "L", "XL"),
        "PEL-FZH",
        13,
        58,
        _parts(
            "fabric, fleece lining, zipper, kangaroo pockets+, hood, color, stitching, cuffs+, drawstring,"
            " weight, softness, inner pocket"
        ),
        lines("""
            Softest thing in my closet.
            Warm without being bulky.
            The zipper runs like butter.
            Went through the wash ten times and still looks new.
            {who} keeps stealing it.
            Pockets deep enough for a phone and keys.
            Wear it to work, wear it to bed.
            Slate grey goes with everything.
            The inside feels like a blanket.
            Perfect layer for chilly mornings.
            No pilling so far.
            Wore it for three flights in a row.
            Hood actually stays up in wind.
            Thick, soft, cozy.
            The cuffs keep the wind out.
            Slept in it at the airport like in a bed.
            Not see-through, not flimsy, just good cotton.
            The inner pocket hides my earbuds.
            I like the plain look, no shouting logo.
            Wore it under a shell in the snow and was toasty.
            Smells of nothing, feels like a Sunday.
            Stitching is straight and strong everywhere.
        """),
        lines("""
            Zipper got stuck in the lining twice.
            Sheds fluff on my black shirts.
            Drawstring came out in the wash.
            Thread hanging from the pocket.
        """),
        lines("""
            It's a grey hoodie.
            Warmth is medium.
            Fabric is a blend, feels like one.
        """),
        "B0TH0LNT10",
        "A brushed fleece hoodie with a full zip.",
    ),
    Product(
        "pellin-merino-hiking-socks-3-pack",
        "Pellin Merino Hiking Socks 3-Pack",
        "Pellin",
        "Socks",
        "Apparel & Accessories > Clothing > Underwear & Socks > Socks",
        "28.00",
        "9.40",
        210,
        "Size",
        ("S/M", "L/XL"),
        "PEL-MHS",
        11,
        10,
        _parts("cushioning, heel, wool, arch support, colors+, toe seam"),
        lines("""
            Not one blister in 60 miles.
            Warm when wet, no stink.
            Three days in the same pair, nobody noticed.
            They stay up.
            {who} wants nothing else as a {gift} present anymore.
            Still thick at the heel after {weeks}.
        """),
        lines("""
            Hole at the big toe already.
            Seam rubs my little toe.
            Itchy for the first day.
            One sock is longer than its brother.
        """),
        lines("""
            Socks do sock things.
            Good in winter, warm in summer.
        """),
        "B0TH0LNT11",
        "Three pairs of cushioned merino socks.",
    ),
    Product(
        "pellin-drumlin-rain-shell",
        "Pellin Drumlin Rain Shell",
        "Pellin",
        "Outerwear",
        "Apparel & Accessories > Clothing > Outerwear > Coats & Jackets",
        "98.00",
        "41.00",
        380,
        "Size",
        ("S", "M", "L"),
        "PEL-DRS",
        5,
        8,
        _parts("hood, pit zips+, cuffs+, pockets+, cut, fabric, collar"),
        lines("""
            Packs into its own pocket.
            Hood fits over a bike helmet.
            Pit zips are long enough to matter.
            Doesn't rustle like a bag of chips.
            {who} wore it the whole week at {outdoors}.
        """),
        lines("""
            Gets clammy uphill.
            Main zip needs two hands.
            Velcro at the cuff is weak.
            Collar scratches my chin.
        """),
        lines("""
            A light jacket for light weather.
            Looks like every other shell.
        """),
        "",
        "A light shell that packs into its pocket.",
    ),
    Product(
        "pellin-canvas-cap",
        "Pellin Canvas Cap",
        "Pellin",
        "Headwear",
        "Apparel & Accessories > Clothing Accessories > Hats",
        "24.00",
        "6.80",
        95,
        "Color",
        ("Khaki", "Navy"),
        "PEL-CVC",
        7,
        8,
        _parts("brim, canvas, buckle, shape, sweatband, embroidery"),
        lines("""
            Broke in after two days.
            Brim keeps the sun out without looking like a duck.
            Fits my big head.
            Washed it by hand, kept its shape.
            {who} says I finally look outdoorsy.
        """),
        lines("""
            Sits too high on my head.
            Buckle scratches.
            Faded on one side.
        """),
        lines("""
            A cap is a cap.
            Keeps the sun off.
        """),
        "",
        "A six panel cap of washed canvas.",
    ),
)

HANDLES = {product.key: product for product in PRODUCTS}


def subject(product: Product | ProductZh) -> dict[str, Any]:
    """Every name a product goes by in the files."""
    if isinstance(product, ProductZh):
        return {"key": product.key, "title": product.title, "english": product.english}
    names: dict[str, Any] = {
        "key": product.key,
        "handle": product.key,
        "title": product.title,
        "skus": list(product.skus),
    }
    return names | ({"asin": product.asin} if product.asin else {})
