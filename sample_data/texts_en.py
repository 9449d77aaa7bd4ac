"""What the invented English-speaking customers say: pools of sentences, one per line, that reviews are put together from.

Slots in braces are filled by `sample_data.compose` (`{who}`, `{place}`, `{weeks}`, ...). Each pool about a planted
problem says it in many ways, with and without the obvious word; each has decoys that mention the topic without
complaining of it.
"""

from __future__ import annotations


def lines(block: str) -> tuple[str, ...]:
    """The non-empty lines of a text block, stripped."""
    return tuple(line.strip() for line in block.splitlines() if line.strip())


SLOTS: dict[str, tuple[str, ...]] = {
    "who": lines("""
        my husband
        my wife
        my sister
        my dad
        my mother-in-law
        my roommate
        my teenage son
        my daughter
        my neighbor
        my boyfriend
        my grandmother
        a coworker
        my brother
        my best friend
        my uncle
        my partner
    """),
    "place": lines("""
        the lake
        our cabin
        the backyard
        a rainy weekend in the hills
        the beach
        a four day road trip
        the office
        my dorm room
        the kids' soccer tournament
        the state park
        the allotment
        a music festival
        the boat
        our tiny apartment
    """),
    "home": (
        "the office",
        "my dorm room",
        "our tiny apartment",
        "our cabin",
        "the guest room",
        "my studio",
        "my new place",
        "the shop",
        "my parents' house",
    ),
    "outdoors": (
        "the lake",
        "our cabin",
        "the state park",
        "a music festival",
        "the beach",
        "scout camp",
        "the river",
        "the campground",
        "a rainy weekend in the hills",
    ),
    "weeks": (
        "two weeks",
        "three weeks",
        "a month",
        "six weeks",
        "about two months",
        "ten days",
        "a whole season",
        "five weeks",
        "nearly three months",
        "a few weeks",
    ),
    "short": ("a week", "four days", "ten days", "two weeks", "the third use", "a fortnight", "one weekend"),
    "day": ("Monday", "Tuesday", "Friday", "Saturday", "Sunday"),
    "season": ("this spring", "over the summer", "in the fall", "last winter"),
    "smalln": ("two", "three", "four", "a couple of"),
    "gift": ("birthday", "housewarming", "Christmas", "Father's Day", "graduation"),
}

# ---------------------------------------------------------------------------------------------------------------
# Planted: the lantern's battery
BATTERY_DIRECT = lines("""
    The battery doesn't last.
    Battery life is awful.
    Battery dies way too fast.
    The battery won't hold a charge.
    Terrible battery, two hours and it's dead.
    Battery drains in no time.
    The battery gets weaker with every charge.
    Battery life is nowhere near what they advertise.
    Dead battery after {short}.
    The battery is the weak point, it runs out every evening.
    The rechargeable battery lasts about an hour and a half.
    Something is wrong with the battery in this batch.
    The battery used to last a weekend, the new one doesn't last an evening.
    Poor battery, needs recharging all the time.
    Battery ran out in the middle of dinner.
    It loses its charge overnight.
    The battery indicator goes from full to empty in an hour.
    Battery performance is a joke.
    Battery dead by nine every night.
    Cheap battery inside, runs flat far too quickly.
    The battery failed after {weeks}.
    Short battery life ruins it.
    Why is the battery so bad now?
    Have to recharge the battery twice a night.
""")
BATTERY = lines("""
    Battery is shot after {short}.
    It dies before dinner.
    I have to plug it in twice a night.
    Advertised forty hours, I get maybe five on the low setting.
    By the second evening at {outdoors} it was just a plastic ornament.
    Charged it overnight and it went dim while we were still putting the tent up.
    The charge just doesn't hold anymore.
    Full bars at 7, pitch black at 9.
    It will not make it through one movie in the tent.
    We ended the trip with our phone flashlights because this thing gave up on us.
    Left it on the shelf for {weeks} fully charged and it was stone dead when the power went out.
    My old one ran all weekend, this one needs a nap every three hours.
    Runtime is a joke.
    Now it only works if the cable stays in, which kind of defeats the purpose of a camping light.
    The little indicator drops from green to red in the time it takes to cook pasta.
    Honestly I spend more time recharging than using it.
    Bought a second one {season} and it lasts a fraction of what the first one does.
    An hour. That is how long we had light.
    Second unit, same story: goes flat in no time.
    It drains even when it is switched off.
    batery life is terrible, ten mins on high and its gone
    Great if you enjoy sitting in the dark from nine o'clock on.
    Took it to {outdoors}, and on night one it fizzled out halfway through the card game.
    Whatever cell they put in there now, it's not the one from last year.
    The power doesn't last, simple as that.
    Needs topping up constantly, my power bank was empty because of it.
    Can't get more than two hours out of a charge.
    Holds about as much juice as a birthday candle 🕯️
    Blinks red after forty minutes and then good night.
    I timed it: 1 h 50 from full, medium brightness, room temperature.
    {who} calls it the ten minute torch.
    It shuts itself off in the middle of the night and the kids wake up screaming.
    Was fine at first, but the longer I own it the shorter it glows.
    Apparently 'all night' means until about 10:15.
    After {weeks} it barely survives brushing my teeth.
    Fades out so fast that I carry two spare lights just in case.
    Got the newer version for {who}; mine from last year easily outlives it.
    Charging takes five hours, using it takes one. Do the math.
    It's basically a wall lamp, unplug it and it quits.
    During the storm outage it lasted shorter than the outage, which was 80 minutes lol
    Not sure if I got a lemon, but it goes from 100 to nothing over a single dinner.
    The stamina of this thing is embarrassing.
    power just vanishes, like there is a hole in it
    Never once made it to bedtime without reaching for the charger.
    Wonderful light for as long as you can see it, about an hour and a half.
    We had to drive back to the car on night two just to feed it some electricity.
    I expected a weekend, I got an evening.
    Keeps dying on me 😡
""")
BATTERY_DECOYS = lines("""
    Battery has been no trouble at all.
    I was worried about the battery after reading around, but mine is still going after three nights.
    Charged it once in May and I am still on that charge.
    The battery is fine now that I fully charge it before leaving.
    Ran the whole outage without blinking.
    Battery life is better than my old gas lamp's patience.
    Lasted Friday to Sunday at {outdoors} on one charge.
    No complaints about runtime here.
    It was still bright when we packed up on {day}.
    The low setting goes on forever.
""")

# ---------------------------------------------------------------------------------------------------------------
# Planted: the hoodie runs small
SMALL_DIRECT = lines("""
    Runs very small.
    Way too small.
    Too small, order a size up.
    The sizing is off, it runs at least one size small.
    Fits a size smaller than the label says.
    Sizes run small, be careful.
    It is too tight in the chest.
    Size large fits like a small.
    Much smaller than expected.
    Sleeves too short, body too short.
    The fit is way too tight.
    Size chart is wrong, it came up small.
    Too small even after sizing up.
    Had to return it because it was too small.
    My usual size was far too tight.
    Runs small in the shoulders and arms.
    Small fit, not what I'm used to.
    Definitely size up, it's tiny.
    The XL is too small for me.
    Too tight to zip up.
""")
SMALL = lines("""
    Runs small, order one size up.
    I'm a medium in everything I own and this medium would not zip over my chest.
    Sleeves stop a good two inches short of my wrists.
    Had to give it to {who}, who is half my size.
    Bought my usual L, feels like an S.
    It's cut for a twelve year old.
    Tight across the shoulders, can't lift my arms.
    If I breathe out I can close it.
    The size chart is pure fiction.
    Two sizes up and it still hugs places it shouldn't.
    Shows my belly button when I reach for the top shelf.
    I looked like a sausage in it 😂
    Sent it back for the next size, and that one was snug too.
    XL? In what country?
    Perfect fit, if you are a mannequin.
    Body length is way too short, it sits above my belt.
    Way smaller than my other hoodies of the same size.
    I couldn't get a t-shirt under it, let alone a sweater.
    Order at least a size bigger than normal.
    The arms are like leggings.
    Needed a crowbar to get out of it.
    It fit my niece (she is 14) beautifully, so not a total loss.
    the medium is more like a kids large tbh
    My shoulders and this thing did not get along.
    Pulls at the back so badly the zipper makes waves.
    I've never been an XXL in my life but apparently I am now.
    Wash it cold and never dry it because there is nothing to spare to begin with.
    Narrow through the chest, narrow in the hips, narrow everywhere.
    Exchanging mine because I can't move in it.
    Cuffs cut off my circulation.
    Definitely not true to size.
    sized for elves
    Hood doesn't even go over my head properly, that is how skimpy the cut is.
    Not a hoodie, a compression garment.
    It was supposed to be a roomy layer for hiking and instead it's a second skin.
    I followed the measurements on the page to the inch and still can't raise the zip past my ribs.
    Felt like wearing my little brother's jacket.
    Went from M to L to XL with customer service before one fit.
    Small. Really small.
    Great hoodie for somebody shorter and thinner than the label claims.
    I'd need to lose twenty pounds for this to sit the way it does in the picture.
    Won't close over a normal human stomach.
    Barely reaches my waist and I am 5'9.
    Too tight under the arms, left red marks.
    What they call Large is everyone else's Small.
    It rides up every time I sit down because there just isn't enough fabric.
    Gave up trying to pull it over a base layer.
    Should come with a shoehorn.
""")
SMALL_DECOYS = lines("""
    Fits me exactly as the chart said.
    True to size in my case, 5'7 and 150 lbs in a medium.
    I read that these are small so I went up one and it is perfect, thanks to other reviewers.
    I like things roomy and this has room enough.
    The small logo on the chest is a nice touch.
    Fit is spot on for {who}.
    Not tight at all on me.
    Sleeves are long enough for once, and I have ape arms.
""")

# ---------------------------------------------------------------------------------------------------------------
# Planted: the courier that damages parcels
PARCEL_DIRECT = lines("""
    The package arrived damaged.
    The box was crushed when it got here.
    Box arrived damaged and torn open.
    Parcel came badly damaged.
    Damaged in shipping.
    It arrived broken because the box was crushed.
    The courier damaged the package.
    Package was torn and wet.
    Shipping box was smashed.
    Delivered in a crushed, ripped box.
    The delivery company damaged it.
    Arrived with the box dented and the contents scratched.
    Damaged package, damaged product.
    The parcel was crushed in transit.
    Carrier delivered a broken box.
    The box was torn open on one side.
    Package arrived wet and squashed.
    It was broken on arrival, the courier clearly dropped it.
    Box completely crushed by the courier.
    Came in a damaged box, item dented.
    Poor handling by the courier, package destroyed.
    Delivery damage again.
    The carton was torn and the item damaged.
    Bad shipping, everything inside the box was damaged.
""")
PARCEL = lines("""
    Box arrived looking like it had been run over.
    The carton was crushed flat on one side.
    Parcel was soaked through and held together with somebody's tape.
    Whoever delivered this played football with it first.
    One corner of the package was completely caved in.
    Came in a torn bag with half the padding hanging out.
    Smashed on arrival.
    The driver threw it over the gate, I have it on camera.
    Outer box ripped open and re-taped, inside all scuffed.
    It showed up dented because the box was basically a pancake.
    I opened the door to a wet lump of cardboard.
    There was a boot print on the parcel. A boot print!
    Everything rattled, the packaging was split from end to end.
    Arrived broken, clearly dropped from a height.
    Package had a hole you could put your fist through.
    Had to dig it out of a mangled box.
    Scratched all over from riding around loose in a burst carton.
    delivery guy tossed it, heard the thud from upstairs
    The shipping company should not be allowed near anything you care about.
    My gift box looked like it had survived a war, {who} laughed but I didn't.
    Bent out of shape in transit.
    Third parcel from this carrier, third one squashed.
    Label said fragile, delivery service read it as a challenge.
    The package was dripping when it was handed to me.
    They left it in a puddle with the top ripped.
    Cracked when I unpacked it, and the carton told the whole story.
    The item itself might be nice, hard to say after what the courier did to it.
    Nothing protects this stuff from a courier who stacks bricks on it.
    Looked like the dog got it, and I don't have a dog.
    Edges chewed up and a long gash down the side of the box.
    One piece came in two pieces thanks to the delivery.
    Please change your carrier, mine came with the box upside down and stove in.
    Handled like trash on the way here.
    Got here in bits.
    It must have fallen off the truck, twice.
    The tracking said delivered with care, the crumpled heap on my porch said otherwise 🙄
    Packaging was destroyed, replacement took another two weeks.
    Inner sleeve saved it, but the outside was shredded.
    Corners mashed, tape gone, paperwork missing.
    You could tell it was sat on.
    It was delivered in a garbage bag because the original box had fallen apart.
    Half the box was gone when the van dropped it off.
    They squeezed it through a mail slot it had no business going through.
    Dinged and bruised before I ever touched it.
    Shame about the transport: chipped edge, flattened carton.
    Took photos for a claim since the parcel was visibly beaten up.
    Came wrecked. Not the shop's fault I guess, but still.
    The carrier managed to break something I thought was unbreakable.
    Box had been opened, rained on and shut with a staple.
    Someone at the depot used it as a stepping stool.
""")
PARCEL_DECOYS = lines("""
    Packed really well, nothing could have broken.
    Box was pristine.
    The delivery guy even carried it upstairs.
    Came without a scratch.
    Nice recyclable packaging and no dents.
    Survived shipping perfectly.
    Arrived a day early and in one piece.
""")

# ---------------------------------------------------------------------------------------------------------------
# Planted: the tumbler's lid leaks
LEAK_DIRECT = lines("""
    The lid leaks.
    It leaks.
    Leaks from the lid every time I tilt it.
    The lid is not leak proof at all.
    Leaked all over my bag.
    Lid leaks coffee everywhere.
    It leaks around the seal.
    Leaky lid, spilled coffee on my shirt.
    The lid does not seal and it spills.
    Leaks constantly.
    The seal on the lid is bad, so it leaks.
    Coffee leaked into my backpack.
    It leaks even when the lid is closed tight.
    Lid drips and spills.
    The lid started leaking after {short}.
    Leaks when it lies on its side.
    Mine leaks from day one.
    The lid leaks hot coffee on my hand.
""")
LEAK = lines("""
    Lid leaks.
    My laptop bag smells of latte now.
    Tip it a little and you wear your coffee.
    There is a puddle in my cup holder every single morning.
    The seal lets go as soon as it lies on its side.
    Not spill proof, not even spill resistant.
    Ruined a notebook on day one.
    Drips down my chin with every sip.
    Put it in a backpack exactly once, never again.
    Coffee sneaks out around the rim.
    The rubber ring doesn't sit right, so it weeps.
    I have to wrap it in a paper towel to carry it.
    Dribbles like a toddler.
    Closed tight, checked twice, still soaked my gym clothes.
    Steam pushes the top open and then it's all over the passenger seat.
    Stains on three shirts and counting.
    If you keep it perfectly upright forever it is fine.
    lid doesnt close all the way, liquid everywhere
    The flap pops open in my bag.
    My desk has rings from where it has been sweating tea out of the top.
    Turned it upside down over the sink to test: rain.
    Great for watering the floor mat of my car.
    Half my smoothie stayed in the cup, the rest is in my purse.
    The threads are off, screw it down and it still seeps.
    Wet sleeve. Every. Time.
    Had to throw out a library book because of this thing.
    Liquid pools under the slider and comes out at the worst moment.
    It gushed when I hit a pothole.
    They call it a commuter cup, I call it a sprinkler 💦
    After the dishwasher the gasket never sealed again.
    I now drink it empty before I leave the house, so what is the point.
    Slow drip from the hinge, took me a week to find out why my backpack was damp.
    Won't trust it anywhere near electronics.
    The top is the weak spot, it lets everything through.
    Shake it and see: droplets all over.
    {who} sat on the wet car seat, guess why.
    Good mug, useless cover.
    The drinking hole never shuts completely.
    You cannot lay it flat, not for a second.
    Oozes around the button.
    Escaped into my lunch bag and turned the sandwich into soup.
    Two of the three I ordered pour out at the edge.
    Got a replacement top, same trickle.
    There's always a brown trail running down the side.
    My white trousers would like a word with the designer of that closure.
""")
LEAK_DECOYS = lines("""
    No leak so far, and I throw it in my bag daily.
    Held upside down over the sink, not a drop.
    I read about leaking lids, mine is tight as a drum.
    Rolls around the car floor and stays dry.
    The lid takes a firm twist but then nothing comes out.
    Zero drips in {weeks}.
""")

# ---------------------------------------------------------------------------------------------------------------
# Planted: the ladder shelf comes with parts or instructions missing
MISSING_DIRECT = lines("""
    Parts were missing.
    Missing screws and the instructions are useless.
    The instructions make no sense.
    Came with missing parts.
    Several screws were missing from the hardware bag.
    Assembly instructions are terrible.
    No instructions in the box.
    Missing hardware, could not finish the assembly.
    Not all the parts were in the box.
    Assembly was a nightmare because of the bad instructions.
    There were parts missing and the instructions were wrong.
    Missing a bracket and four screws.
    The instructions are impossible to follow.
    The assembly manual is unclear and parts are missing.
    Half the screws were missing.
    Poor instructions, hours of assembly.
    A shelf board was missing.
    Incomplete, missing parts.
""")
MISSING = lines("""
    Missing two of the long screws.
    Instructions are six tiny pictures and no words.
    Bag of hardware had everything except what you need for the last step.
    Step 4 shows a part that wasn't in the box.
    I had to go to the hardware store for bolts.
    No manual in the package at all.
    One bracket short, so the top board just sits there.
    Whoever drew the diagram has never seen this shelf.
    The holes and the screws have never met.
    Counted the dowels three times: eleven, should be sixteen.
    Took {who} and me four hours because the leaflet skips half the steps.
    Still waiting for the missing crossbar.
    The Allen key it says is included was not included.
    Labels A to F on the paper, no labels on the pieces.
    Came with three left legs, if that tells you anything.
    I gave up and watched a video of a completely different shelf.
    Half built in the hallway for {weeks} waiting for a nut.
    the instuctions might as well be in hieroglyphics
    Fittings incomplete.
    A packet that was supposed to hold eight washers held five.
    You will be improvising with wood glue.
    We had to drill our own holes.
    Where are the wall anchors? Page one says there are wall anchors.
    Whole fourth shelf wasn't there.
    Puzzle without the picture on the lid.
    Somebody packed these blindfolded.
    Sheet says step 3 of 9 and then the page ends.
    My engineer brother swore at this for an entire evening.
    Not enough screws to finish it.
    Two boards the wrong length, obviously from another model.
    There are spare caps for everything but the piece I actually lacked.
    Assembly guide is useless, arrows pointing at nothing.
    It leans because one of the supports never made it into the carton.
    Good luck figuring out which end is up.
    Emailed for the absent pieces, got them eventually.
    Had to borrow a bolt from the bed frame.
    The QR code for the manual leads nowhere.
    A tax form is poetry compared to this booklet.
    Came with an extra hinge (for what?) and without the feet.
    A kit, minus some of the kit.
    Nothing lines up the way the drawing pretends.
    Tool needed is not supplied and not mentioned.
    Got to the end and had an empty slot where a rail belongs.
    Took it apart twice because the order of the steps is wrong.
""")
MISSING_DECOYS = lines("""
    All parts there, even a spare screw.
    Instructions were clear and I had it up in half an hour.
    I double checked the hardware bag and nothing was missing.
    Assembly is easier than I feared.
    {who} put it together alone before lunch.
    The manual could be bigger but it gets you there.
""")

# ---------------------------------------------------------------------------------------------------------------
# Planted: the headlamp's strap slipped until a new strap came
STRAP_DIRECT = lines("""
    The strap slips.
    Strap keeps slipping down.
    The head strap won't stay tight.
    Strap is too loose and keeps sliding.
    The strap loosens while running.
    Head band slips off.
    The strap doesn't hold.
    Elastic strap is too weak, it slides down.
    The strap adjuster slips all the time.
    Loose strap, had to retighten it constantly.
    The strap slides off my head.
    Strap came loose on every hike.
""")
STRAP = lines("""
    Strap slips down over my eyes.
    Constantly pushing it back up.
    The band works loose every ten minutes.
    Won't stay put when I run.
    I tighten it, two strides later it's a necklace.
    Headband has all the grip of cooked spaghetti.
    The buckle creeps.
    Ended up knotting the elastic.
    It slid off into the creek.
    Elastic stretched out after {short}.
    Needs re-adjusting at every junction.
    Droops until I am lighting up my own shoes.
    Doesn't hold its length.
    Bobs around like a drunk firefly.
    The adjuster lets go as soon as there is any weight on it.
    With a beanie underneath it's ok, on bare skin it wanders.
    Fell off my head twice on the way down.
    I used a safety pin to stop it loosening.
    My forehead isn't shaped for whatever this fastening is.
    the strap thing slides n slides
    Pulled it tight enough to get a headache and it still sagged.
    Keeps ending up around my neck.
    Spent the trail run holding the lamp with one hand.
    Loosens itself.
    Comes undone when you look down.
    {who} had the same trouble: great beam, pathetic band.
    Super glue fixed what the factory didn't: the sliding clip.
    Tilts, drops, blinds me, repeat.
    Could have used a second strap over the top, it just rolls down.
    The webbing is too slick for the clasp.
    Every jump and it's on my nose.
    Gave me something to fiddle with all night, since it won't keep its setting.
    Band is a letdown, literally.
    It has slipped into my soup.
    Velcro would have been better than this runaway slider.
    Sweat a little and it starts travelling.
    You need to retie it all the time.
    Impossible to keep level.
    Let me say it like this: my hat brim is now part of the system.
    Migrates south within a kilometer.
    Found it hanging from one ear.
""")
STRAP_DECOYS = lines("""
    The new strap stays exactly where I put it.
    Strap is comfy, I forget I am wearing it.
    They must have changed the band, it does not slip anymore.
    Ran 10 k with it and it never moved.
    Grips well even over a beanie.
    Band stays tight.
    Much better elastic than my first one from last year.
""")

# ---------------------------------------------------------------------------------------------------------------
# Planted praise: the daypack keeps things dry since its new lining
DRY_DIRECT = lines("""
    Everything inside stayed dry in heavy rain.
    Completely waterproof.
    Kept my things dry in the rain.
    Really waterproof, nothing got wet.
    Stays dry inside even in a storm.
    Best waterproof backpack I've had.
    My laptop stayed dry in pouring rain.
    It rained all day and the inside was dry.
    Keeps water out perfectly.
    The waterproof lining works.
    Totally rain proof.
    Rained hard for hours and my clothes stayed dry.
    Waterproof as promised.
    Nothing inside got wet.
    No need for a rain cover, it is waterproof.
    Love that it keeps everything dry.
""")
DRY = lines("""
    Walked two hours through a cloudburst and my notebook was bone dry.
    Kept everything dry.
    Rain just beads up and rolls off.
    My camera survived a thunderstorm in this.
    Fell in the creek with it, the sandwiches made it.
    Truly waterproof, not marketing waterproof.
    Poured for three days at {outdoors} and not one damp sock.
    I stopped packing plastic bags inside.
    Held up to a whole November on the coast, need I say more ☔
    Biked home in a downpour, laptop perfectly fine.
    The new lining is fantastic, water has no chance.
    Not a drop got in.
    Put it under the shower to test it, inside stayed crisp.
    Everyone else was wringing out their clothes and I just opened my bag.
    Soaked to the skin myself, everything in here like new.
    Best thing about it: it shrugs off a storm.
    {who} borrowed it for a wet hike and will not give it back.
    Left it on the deck overnight in the rain by accident. Inside? Desert.
    Doesn't let moisture in even at the zippers.
    Finally a pack I don't need a rain cover for.
    Kayak spray all day and my phone was happy.
    The seams are sealed properly, you can tell.
    Hail, sleet, slush, and dry underwear at the end of it.
    Bought it because of the reviews about rain and they are right.
    My kid emptied a water bottle over it and the homework lived.
    Snow melted on it for hours, no wet patch inside.
    I trust it with my passport in a monsoon.
    Commuted through the wettest spring ever without one soggy page.
    It's like a little submarine.
    Drops slide off like off a duck.
    A bus drenched me, the bag laughed.
    Came back from {outdoors} with dry matches. Dry matches!
    keeps the wet out 100%
    Even the bottom, set down in a puddle, stayed tight.
    My down jacket was fluffy as ever after six hours of drizzle.
    Weatherproofing on this is unreal for the price.
    Worth it for how it handles rain alone.
    No more soggy lunch.
    Tested with a garden hose because I am that guy: passed.
    Water-tight where it matters.
    Our whole hiking group got one after seeing mine in the rain.
    Spilled a whole thermos on top of it, wiped it off, done.
""")
DRY_DECOYS = lines("""
    Haven't had it out in real rain yet.
    Light drizzle was no problem, though I still use a cover.
    Would like to know how it does in a storm before I judge that.
    Dries quickly after a wash.
""")

# ---------------------------------------------------------------------------------------------------------------
# Everyday complaints: spread evenly at low rates, no finding
SLOW = lines("""
    Took eleven days to get here.
    Delivery was slow.
    I ordered on a {day} and had nearly forgotten about it when it showed up.
    Shipping took longer than promised.
    Tracking did not move for a week.
    Waited almost three weeks.
    Arrived after the {gift} it was meant for.
    It came late, but it came.
    The two day option took six.
    Would have been nice to get it before the trip.
    Not the fastest shipping.
    Sat in some depot over two weekends.
    Estimated date was pushed back twice.
""")
PRICE = lines("""
    A little pricey for what it is.
    Bit expensive.
    Saw something similar for ten dollars less.
    Went on sale the day after I bought it, of course.
    I'd say it is worth two thirds of the price.
    You pay for the brand here.
    Not cheap.
    Costs more than it should.
    Shipping on top makes it steep.
    Hard to justify at full price.
    I would wait for a discount.
""")
COLOUR = lines("""
    Color is darker than in the photos.
    The shade is more grey than what I saw on screen.
    Expected a warmer tone.
    Looks different in daylight than on the website.
    Not quite the color I had in mind.
    It's greener than pictured.
    The photo makes it look more vivid.
    Came in a slightly different hue than the one I ordered last year.
""")
SERVICE = lines("""
    Took customer service four days to write back.
    Nobody answered my email.
    I got a canned reply to my question.
    The return form was a bit of a maze.
    Chat told me one thing, the email another.
    Had to write twice before somebody reacted.
""")
WASTE = lines("""
    So much plastic wrap for one item.
    The box was four times the size of the contents.
    Could do with less packaging.
    Three layers of bubble wrap, really?
""")

# ---------------------------------------------------------------------------------------------------------------
# Sentences for any product
OPEN_POS = lines("""
    Bought this for {who} and it was a hit.
    Second one I own.
    Got this as a {gift} present.
    Used it at {place} and was impressed.
    I have had it for {weeks} now.
    Was skeptical at first.
    Honestly did not expect much.
    Did a lot of comparing before I ordered this one.
    {who} recommended it.
    Saw it at a friend's place and ordered the same night.
    My third order from this shop.
    After {weeks} of daily use I can say it is a keeper.
    Replaced an old one that finally gave up.
    Ordered on a whim.
    Not my first purchase here.
    Came across this by accident.
    Long time reader of reviews, first time writing one.
    Needed something for {place}.
    Okay, I get the hype.
    We had it at {place} {season}.
    Purchased {season}, still going strong.
    Had my eye on this for ages.
    Treated myself.
    Wanted to wait {weeks} before reviewing.
    This replaced something twice the price.
    {who} stole it from me within a day.
    I am picky and this passed.
    Arrived on {day}, in use since {day}.
    Ordered two and kept both.
    My old one lasted nine years, so this had big shoes to fill.
    Full disclosure, I had a coupon.
    I read every review before ordering and still expected to return it.
    Was going to get the expensive one, then found this.
    Got it on sale and feel like a thief.
    Gave this to {who}, who never likes presents.
    It came just in time for {place}.
    Have been through three of these from other brands.
    Not sponsored, just pleased.
    First impression out of the box: nice weight, no smell, no rattling.
    Bought it for one trip, now it is out every day.
    We use ours in the RV.
    As a nurse on night shifts I need things that just function.
    I teach second grade, so it has to survive.
    Retired and finally have time to write reviews, so here goes.
    Short version: yes.
    Three of us at work have one by now.
    Moved house in {weeks} of chaos and this was the first thing I unpacked.
    I don't usually care about this kind of product.
    Long review because it deserves one.
    Quick update after {weeks}.
    Bought with my own money, as everyone says these days.
    {who} rolled their eyes when I ordered this. Not anymore.
    Got one, washed it, used it, dropped it, still here.
    From unboxing to first use took a minute.
    Living in a small place, I think twice about every object.
    A present to myself after a bad week.
""")
GEN_POS = lines("""
    Exactly as described.
    Very happy with it.
    Would buy again.
    Feels solid.
    Does what it says.
    Great value.
    Could not ask for more.
    It just works.
    You can tell somebody thought about the details.
    Quality is better than I expected at this price.
    Works like a charm.
    Looks even better in person.
    Sturdy and well made.
    No complaints whatsoever.
    I use it almost every day.
    Simple, good looking, practical.
    It has become part of the morning routine.
    Nicely finished, no rough edges.
    {who} is already asking for one too.
    Compliments from everyone who sees it.
    Fast delivery too.
    Shipping was quicker than I thought.
    Customer service answered my question within the hour.
    Good stuff.
    Makes me smile each time I use it.
    Everything about it feels right.
    Five stars from me and from {who}.
    I would give six stars if I could.
    Worth every cent.
    A small thing that makes a big difference.
    Not a single thing to moan about.
    Beats the big brand one I had before.
    Love it.
    Absolutely love this thing.
    Pretty much perfect for what we need.
    It does not try to do ten things, it does one thing well.
    Held up great at {place}.
    Still like new after {weeks}.
    Really chuffed with this.
    solid 10/10
    ngl this slaps
    The wait was worth it.
    Surprisingly good.
    Sits next to me as I type this.
    No instructions needed, it explains itself.
    The pictures don't do it justice.
    It has that reassuring heft.
    Even {who} had nothing to criticize.
    I keep finding new uses for it.
    Came with a handwritten note, sweet touch.
    Replacing my whole set with these.
    The kind of thing you stop noticing because it never causes trouble.
    I have recommended it to half the street.
    It's the first thing I pack now.
    Every detail has a reason.
    Cleans up in no time.
    It solved a problem I had given up on.
    This thing is built to outlive me.
    Nothing loose, nothing wobbly, nothing cheap.
    Took a beating at {place} and shrugged.
    I'd pay more for it. Don't tell them.
    Looks good, works good, what else is there.
    Exceeded what I hoped for, and I hope for a lot.
    The small shop did better than the giants here.
    Better than the one in the fancy store downtown.
    Even after {weeks} I get a kick out of it.
    It's honest work for an honest price.
    The finish is flawless.
    Could have been twice the price and I would not have blinked.
    Neat, tidy and well thought through.
    You get what is promised.
    Smart, small, sturdy.
    It's clear that people who make this also use it.
    Very good 质量不错, my mom loves it.
    I showed it to {who} and we ordered a second within minutes.
    Zero regrets after {weeks}.
    Everyone at {place} asked about it.
    Absolutely no fuss.
    works perfect, thx
    Does everything the description says and a bit more.
    I wish all my things were made like this.
    The quality surprised both me and {who}.
    Makes an ordinary {day} feel better.
""")
CLOSE_POS = lines("""
    Highly recommend.
    Recommended!
    Thanks, will be back.
    Buy it.
    Just get one.
    Already ordered another.
    Getting one for {who} next.
    Thank you for a lovely product.
    10/10 would gift again.
    You won't regret it.
    Keep up the good work.
    Will shop here again.
    A very happy customer.
    So yes, get it.
    Definitely a keeper.
    Cheers from {place}!
    Don't overthink it.
    Can't go wrong.
    👍
    ❤️
    Two thumbs up.
    Next one is for {who}.
    Glad I found this.
    Well done.
    If mine ever breaks I'll buy the same again.
    Please never discontinue it.
    Five stars, easily.
    Bravo.
    Keeping this one forever.
    That's it, that's the review.
    Thumbs up from the whole family.
    Happy camper, literally.
    Telling everyone.
    A+.
    Consider me a fan.
    Worth the wait and the money.
    See you next order.
    Big thanks to the team.
    Sold.
    You have a customer for life.
    Off to order a spare.
    Try it, you'll see.
    Would be lost without it now.
    I'm impressed, and that's rare.
""")
GEN_NEU = lines("""
    It's okay.
    Does the job, nothing more.
    Average.
    Neither great nor bad.
    Gets used now and then.
    About what you would expect at the price.
    Some things I like, some I don't.
    Fine for occasional use.
    I'm on the fence.
    Not blown away, not disappointed.
    It is what it is.
    Middle of the road.
    Decent enough.
    Works, I suppose.
    Time will tell.
    Jury is still out after {weeks}.
    Might keep it, might not.
    Serves its purpose.
    Had better, had worse.
    {who} likes it more than I do.
    An acceptable product.
    Nothing special, nothing terrible.
    I expected a bit more, but it is usable.
    Three stars feels about right.
    So-so.
    OK for the price.
    It neither changed my life nor ruined it.
    Solid middle.
    Some days I love it, some days I forget I own it.
    Works about as well as the cheaper ones.
    Would I buy it again? Maybe.
    I'm still deciding.
    Good for some, not quite for me.
    Fine, with room for improvement.
    As expected, no more no less.
    Half happy.
    It has its moments.
    Usable.
    Wouldn't write home about it.
    Ask me again in a year.
""")
OPEN_NEG = lines("""
    I really wanted to like this.
    Disappointed.
    Where do I start.
    Sad to write this.
    Not happy.
    Had high hopes after all those good reviews.
    Bought this for {who} and now I am embarrassed.
    Wow. Just wow.
    Hmm, no.
    I rarely leave reviews, but this needs saying.
    Got it for {place}, big mistake.
    Maybe I got a bad one.
    Used to love this shop.
    Second order from here and a letdown.
    Ordered {season}, regret it.
    Let me save you some money.
    Ugh.
    Fair warning.
    Oh dear.
    Thought I was buying quality.
    Well, that was money down the drain.
    After {weeks} I have seen enough.
    I tried to give it time.
    Let's just say no.
    Not what I paid for.
    This was supposed to be a treat.
    My patience is gone.
    I own three other things from this shop and this is the odd one out.
    I feel a bit silly for having believed the pictures.
    How did this pass quality control?
    Lucky me.
    Gave it a fair chance for {weeks}.
    Tell me you never tested it without telling me.
    Nice try.
    Right, so.
    Sigh.
    If you are thinking about it, read this first.
""")
CLOSE_NEG = lines("""
    Sending it back.
    Would not buy again.
    Avoid.
    Save your money.
    Very disappointing.
    Never again.
    Not worth it.
    I want a refund.
    Waste of money.
    Such a shame.
    Do better.
    Back to my old one.
    Look elsewhere.
    One star because zero isn't possible.
    Expected more from this brand.
    Still annoyed.
    Returned it the same week.
    Unacceptable at this price.
    Fix this please.
    👎
    Lesson learned.
    Thanks for nothing.
    It now lives in the garage.
    Regretting this one.
    Hard pass.
    Off to the return counter.
    I'll be asking for my money back.
    Just no.
    Won't recommend it to anyone.
    Consider me a former customer.
    My money deserved better.
    And that was that.
    Somebody should look into this.
    Bought something else in the end.
    Too bad.
    Hope they read this.
    That's thirty bucks of learning.
    Zero fun.
    Not keeping it.
    Going to the donation box.
""")
CONCEDE = lines("""
    It does look nice, I'll give it that.
    The idea is good.
    Design is lovely though.
    To be fair, customer service was polite.
    At least it arrived quickly.
    Otherwise it's a decent product.
    Apart from that I have no issue with it.
    Shame, because the rest is well made.
    Everything else about it is fine.
    Could be great if they sorted this out.
    I still use it, grudgingly.
    On the plus side, it looks good.
    {who} says I am too harsh.
    Other than that, pretty good.
    If that were fixed I would add two stars.
    Still, I kind of like it.
    I do like the color.
    It is a pretty thing, I will say that.
    {who} is happy with theirs, so maybe I was unlucky.
    They did offer a refund without fuss.
    It's not all bad.
    The material is nice enough.
    Good looks don't fix it, but good looks it has.
    Kept it anyway because returning is a hassle.
    Might be perfect for somebody else.
    The shop was friendly about it.
    Half a star extra for the looks.
""")
# Predicates for `{part}`: (`{is}` becomes is/are, `{it}` it/they, `{has}` has/have)
PART_POS = lines("""
    The {part} {is} spot on.
    Love the {part}.
    The {part} {is} better than I had hoped.
    What sold me {was} the {part}.
    Big fan of the {part}.
    Really like the {part}.
    The {part} {is} a nice touch.
    {who} keeps praising the {part}.
    And the {part}: chef's kiss.
    The {part} {is} the best thing about it.
    Did not know I needed the {part}, but I did.
    I particularly like the {part}.
    The {part} {feels} really well thought out.
    The {part} {has} not let me down in {weeks}.
    Nobody else gets the {part} right like this.
    The {part} alone {is} worth it.
    The {part} {works} great.
    Extra points for the {part}.
    Can't fault the {part}.
    Only good things to say about the {part}.
    Shout out to whoever came up with the {part}.
    Pleasantly surprised by the {part}.
    The {part} {was} what {who} noticed first.
    The {part} {looks} and {feels} high end.
    For me the {part} {is} the reason to buy it.
    Who knew the {part} could make such a difference.
    The {part} {is} just right.
    The {part} {has} held up well.
    You notice the {part} at once.
    After {weeks} I still enjoy the {part}.
    Compared to what {who} has, the {part} {is} far better.
    Full marks for the {part}.
    The {part} {is} exactly how I like it.
    Even {who} commented on the {part}.
""")
PART_NEU = lines("""
    The {part} {is} okay.
    The {part} {is} nothing to write home about.
    Not sure about the {part} yet.
    The {part} could be better, could be worse.
    The {part} {does} what you would expect.
    I am neutral on the {part}.
    The {part} {takes} some getting used to.
    Mixed feelings on the {part}.
    The {part} {is} fine I guess.
""")
TITLE_POS = lines("""
    Love it
    Great buy
    Very pleased
    Better than expected
    Perfect
    A keeper
    So good
    Five stars
    Would buy again
    Exactly what I wanted
    Happy customer
    Well made
    Lovely
    Excellent
    Impressed
    Great quality
    My new favorite
    Worth it
    Really nice
    Spot on
    Fantastic little thing
    Great gift
    Happy with it
    👍👍
    Just get it
    Yes!
    Nice
    Highly recommended
    Brilliant
    No regrets
""")
TITLE_NEU = lines("""
    It's ok
    Okay
    Decent
    So so
    Mixed feelings
    Not bad
    Average
    Fine
    Good but
    Three stars
    Mixed bag
    Does the job
    Middling
    Hmm
    Good, not great
""")
TITLE_NEG = lines("""
    Disappointed
    Not great
    Nope
    Not what I hoped
    Letdown
    Save your money
    Returned it
    Regret buying
    Poor
    Meh
    Frustrating
    Not impressed
    Avoid
    Expected better
    Very unhappy
    Ugh
    Would not recommend
    One star
    Sad
    Think twice
""")

# ---------------------------------------------------------------------------------------------------------------
# Stars that contradict the text: whole texts
FURIOUS = lines("""
    Absolute garbage. It fell apart in my hands on the first day and nobody at the shop could be bothered to answer. I feel robbed.
    Worst purchase of the year. Stopped working overnight, no refund, no apology, nothing. Stay far away from these people!!
    I am furious. The thing is useless, the seller is rude and I want my money back today.
    What a complete rip-off. Cheap junk that broke before I even finished unpacking. Shame on you.
    Do NOT buy this. Two replacements and every one of them was defective. I have wasted a month of my life on it.
    Utterly horrible. It scared my mother half to death when it snapped, and support told her it was her own fault. Disgusting.
""")
DELIGHTED = lines("""
    I adore it! Best thing I bought all year, my whole family fights over who gets to use it. Thank you thank you thank you.
    Simply wonderful. Beautifully made, arrived early, better than the one my neighbor paid double for. So happy.
    Perfect in every way, I already recommended it to everyone at work. You people are fantastic.
    Oh my goodness this is so good. It made our trip. Ordering two more for the grandkids right now!
    Superb quality and such friendly service. I smile every time I pick it up. A joy.
""")

# The optional near-duplicate batch: one text with small turns
DUPLICATE = (
    "{a} This desk fan is {b} and whisper quiet. I use it {c} and it keeps me cool. {d}",
    {
        "a": ("Amazing product!", "Amazing product!!", "Amazing item!", "Amazing fan!", "Amazing product."),
        "b": ("powerful", "so powerful", "very powerful", "really powerful"),
        "c": ("every day at work", "everyday at work", "every day in the office", "each day at work"),
        "d": (
            "Highly recommend to everyone!",
            "Highly recommended to everyone!",
            "I highly recommend to everyone!",
            "Highly recommend to all!",
        ),
    },
)

# ---------------------------------------------------------------------------------------------------------------
# Comments on Amazon returns, by reason
RETURN_COMMENTS: dict[str, tuple[str, ...]] = {
    "APPAREL_TOO_SMALL": lines("""
        too tight across chest
        runs a full size small
        ordered my normal L, could not zip it
        sleeves too short
        Too small
        fits like a medium, I bought XL
        way smaller than expected
        Need next size up
        doesn't fit, snug everywhere
        my son outgrew it in the box
        size chart wrong
        shoulders too narrow
        cant move my arms in it
        bought 2 sizes, keeping the bigger one
        very short in the body
        tight under arms
        would need XXL
        Fits my 13yo not me
        small!!
        could not get it over a t shirt
        Cut is really slim, not as shown
        sizing is off
        looks like childrens size
        hem too short, shows my back
        zipper won't close over stomach
    """),
    "DEFECTIVE ostrel-glowhaven-camping-lantern": lines("""
        won't hold a charge
        goes dark after an hour
        light dies within 2 hours
        battery drains overnight
        Runs out too fast
        dead by 9pm
        barely one evening per charge
        needs charging all the time
        flat after 90 min
        does not last
    """),
    "DEFECTIVE marrowby-commuter-tumbler-16oz": lines("""
        leaks when tilted
        top does not seal
        coffee in my bag
        drips from the lid
        spills every time
    """),
    "DEFECTIVE ostrel-ridgebeam-headlamp": lines("""
        strap clip does not hold
        band slides down
        keeps slipping off
    """),
    "DEFECTIVE": lines("""
        stopped working
        broke after a week
        does not do what it should
        faulty
        one side came apart
        gave up on day 3
    """),
    "DAMAGED_BY_CARRIER": lines("""
        box crushed
        arrived bent
        package was wet
        carton ripped open
    """),
    "UNWANTED_ITEM": lines("""
        changed my mind
        got one as a gift already
        no longer needed
        found another
        my wife bought the same
        Trip cancelled
    """),
    "NOT_AS_DESCRIBED": lines("""
        looks different from pictures
        not what I expected
        color off
        heavier than stated
    """),
    "ORDERED_WRONG_ITEM": lines("""
        wrong color, my mistake
        ordered two by accident
        picked the wrong one
    """),
    "MISSING_PARTS": lines("""
        one piece missing
        no screws
        lid not in box
    """),
    "APPAREL_TOO_LARGE": lines("""
        too big
        need a smaller one
        bit loose
    """),
}
